package io.replicator.http.entries;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.replicator.actors.hub.HubDatabase;
import io.replicator.http.exchange.Headers;
import io.replicator.http.exchange.Problem;
import io.replicator.http.exchange.ProblemException;
import io.replicator.http.exchange.RequestTarget;
import io.replicator.http.json.CursorText;
import io.replicator.replication.Cursor;
import io.replicator.replication.Epoch;
import io.replicator.store.DatabaseStats;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;

/** The databases of a hub by name, and their list for {@code GET /v1/databases}. Any thread. */
public final class ServedDatabases {
  private static final JsonFactory JSON = new JsonFactory();
  private static final int NAMED_MAX = 20;

  private final Epoch epoch;
  private final Map<String, HubDatabase> databases = new LinkedHashMap<>();

  public ServedDatabases(Epoch epoch, List<HubDatabase> served) {
    this.epoch = epoch;
    served.forEach(database -> databases.put(database.name(), database));
  }

  Epoch epoch() {
    return epoch;
  }

  Iterable<HubDatabase> all() {
    return databases.values();
  }

  /**
   * @param segment of a path, percent-encoded
   * @throws ProblemException 404 that names those that there are
   */
  HubDatabase require(String segment) {
    String name = RequestTarget.decoded(segment, false).asUtf8();
    HubDatabase database = databases.get(name);
    if (database == null) {
      throw Problem.of(
              StatusCodes.NOT_FOUND,
              "there is no database \""
                  + (name.length() > 256 ? name.substring(0, 256) + "…" : name)
                  + "\"; there is: "
                  + names())
          .exception();
    }
    return database;
  }

  private String names() {
    String names = databases.keySet().stream().limit(NAMED_MAX).collect(Collectors.joining(", "));
    return databases.size() > NAMED_MAX ? names + " and more" : names;
  }

  public HttpResponse list() {
    var bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeStringField("epoch", epoch.toString());
      json.writeArrayFieldStart("databases");
      for (HubDatabase database : databases.values()) {
        write(json, database);
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return HttpResponse.create()
        .addHeader(Headers.NO_STORE)
        .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, bytes.toByteArray()));
  }

  private void write(JsonGenerator json, HubDatabase database) throws IOException {
    DatabaseStats stats = database.database().stats();
    json.writeStartObject();
    json.writeStringField("name", database.name());
    json.writeStringField("origin", lower(database.origin()));
    json.writeStringField("qos", lower(database.level()));
    json.writeBooleanField("writable", database.origin() == HubDatabase.Origin.EMBEDDED);
    json.writeNumberField("keys", stats.keys());
    json.writeNumberField("bytes", stats.bytes());
    json.writeNumberField("head", stats.head());
    json.writeNumberField("horizon", stats.horizon());
    json.writeBooleanField("loading", stats.loading());
    json.writeStringField("cursor", CursorText.of(new Cursor.At(epoch, stats.head())));
    json.writeEndObject();
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
