package io.replicator.http.entries;

import io.replicator.actors.hub.HubDatabase;
import io.replicator.http.entries.Loads.Held;
import io.replicator.http.exchange.Exchange;
import io.replicator.http.exchange.GatewayMeters;
import io.replicator.http.exchange.GatewaySettings;
import io.replicator.http.exchange.Headers;
import io.replicator.http.exchange.Negotiation;
import io.replicator.http.exchange.Problem;
import io.replicator.http.exchange.Query;
import io.replicator.http.exchange.RequestTarget;
import io.replicator.http.json.CursorText;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.KeyGlob;
import io.replicator.store.PullLimits;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * {@code GET /v1/databases/{db}/entries/{key}}: one key. Any thread. Its tag is strong, for writing
 * against it; only {@code t}, which goes by, differs between two answers with one tag.
 */
final class OneEntry {
  private final ServedDatabases databases;
  private final Loads loads;
  private final EntriesBody body;
  private final PullLimits limits;
  private final Executor blocking;
  private final GatewayMeters meters;

  OneEntry(
      ServedDatabases databases,
      Loads loads,
      GatewaySettings settings,
      Executor blocking,
      GatewayMeters meters) {
    this.databases = databases;
    this.loads = loads;
    this.body = new EntriesBody(blocking, settings.entriesTimeMax(), settings.compressionLevel());
    this.limits = new PullLimits(settings.batchBytesMax(), PullLimits.DEFAULT.rowsMax());
    this.blocking = blocking;
    this.meters = meters;
  }

  CompletionStage<HttpResponse> handle(Exchange exchange) {
    Query.of(exchange.target(), List.of());
    Negotiation.mediaType(exchange.request(), List.of(Entries.JSON));
    HubDatabase database = databases.require(exchange.segments().get(0));
    Bytes key = RequestTarget.decoded(exchange.segments().get(1), false);
    return CompletableFuture.supplyAsync(() -> answer(exchange, database, key), blocking);
  }

  private HttpResponse answer(Exchange exchange, HubDatabase database, Bytes key) {
    Held held = loads.hold(database.database());
    try {
      Cursor.At cursor = held.snapshot().cursor();
      long version = held.snapshot().version(key);
      HttpResponse response =
          HttpResponse.create()
              .addHeader(Headers.of(Headers.CURSOR, CursorText.of(cursor)))
              .addHeader(Headers.NO_CACHE);
      if (version == 0) {
        held.close();
        throw Problem.of(
                StatusCodes.NOT_FOUND,
                "database \"" + database.name() + "\" has no key \"" + key + "\"")
            .with(Headers.of(Headers.CURSOR, CursorText.of(cursor)))
            .exception();
      }
      String tag = VersionTag.ofKey(cursor.epoch(), version);
      HttpResponse tagged = response.addHeader(Headers.of("ETag", tag));
      if (isKnown(exchange.header("If-None-Match"), tag)) {
        held.close();
        return tagged.withStatus(StatusCodes.NOT_MODIFIED);
      }
      if (exchange.isHead()) {
        held.close();
        return tagged.withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, new byte[0]));
      }
      return entry(held, key, tagged);
    } catch (RuntimeException e) {
      held.close();
      throw e;
    }
  }

  private static boolean isKnown(String known, String tag) {
    if (known == null) {
      return false;
    }
    return Headers.tags(known).stream()
        .anyMatch(each -> each.equals("*") || each.equals(tag) || each.equals("W/" + tag));
  }

  private HttpResponse entry(Held held, Bytes key, HttpResponse response) {
    var only = new KeyFilter(List.of(KeyGlob.literal(key)), List.of());
    var text =
        new EntriesText(
            held.snapshot(),
            Cursor.NOTHING,
            only,
            limits,
            EntriesText.Frame.SINGLE,
            System.currentTimeMillis());
    ByteString first = ByteString.fromArrayUnsafe(text.next());
    meters.entriesSent(1);
    if (text.ended()) {
      held.close();
      return response.withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, first));
    }
    Source<ByteString, NotUsed> rest =
        body.text(held, text, ContentCoding.of(null, 0), entries -> {});
    return response.withEntity(
        HttpEntities.createChunked(
            ContentTypes.APPLICATION_JSON, Source.single(first).concat(rest)));
  }
}
