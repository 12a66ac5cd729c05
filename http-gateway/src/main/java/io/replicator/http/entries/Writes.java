package io.replicator.http.entries;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.replicator.actors.hub.EmbeddedDatabases;
import io.replicator.actors.hub.EmbeddedDatabases.Outcome;
import io.replicator.actors.hub.EmbeddedDatabases.Outcome.Mismatch;
import io.replicator.actors.hub.EmbeddedDatabases.Outcome.Written;
import io.replicator.actors.hub.HubDatabase;
import io.replicator.actors.hub.WriteRefusedException;
import io.replicator.http.exchange.Exchange;
import io.replicator.http.exchange.Headers;
import io.replicator.http.exchange.Problem;
import io.replicator.http.exchange.Query;
import io.replicator.http.exchange.RequestTarget;
import io.replicator.http.json.CursorText;
import io.replicator.http.json.EntryParser;
import io.replicator.http.json.MalformedEntryException;
import io.replicator.replication.Bytes;
import io.replicator.replication.Entry;
import io.replicator.replication.Epoch;
import io.replicator.store.DatabaseSnapshot;
import io.replicator.store.StoreException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.LongFunction;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.Allow;

/**
 * {@code PUT} and {@code DELETE /v1/databases/{db}/entries/{key}}: writes into databases that are
 * the hub's own. Any thread. Answered when the disk has it.
 *
 * <pre>
 *   If-Match: "TAG"[, …]   only where the key has that version; * where there is one
 *   If-None-Match: *       only where there is none
 * </pre>
 */
final class Writes {
  private static final ObjectMapper JSON_WRITER = JsonMapper.builder().build();

  /** Tries of a write that wants any version, while others write the key. */
  private static final int TRIES_MAX = 10;

  private final ServedDatabases databases;
  private final EmbeddedDatabases embedded;
  private final Bodies bodies;
  private final Executor blocking;

  Writes(ServedDatabases databases, EmbeddedDatabases embedded, Bodies bodies, Executor blocking) {
    this.databases = databases;
    this.embedded = embedded;
    this.bodies = bodies;
    this.blocking = blocking;
  }

  CompletionStage<HttpResponse> put(Exchange exchange) {
    HubDatabase database = writable(exchange);
    Bytes key = key(exchange);
    var contentType = exchange.request().entity().getContentType();
    boolean json = contentType.mediaType().toString().equalsIgnoreCase(Entries.JSON);
    if (!json || exchange.header("Content-Encoding") != null) {
      throw Problem.of(
              StatusCodes.UNSUPPORTED_MEDIA_TYPE,
              "a body of "
                  + contentType.mediaType()
                  + "; allowed: "
                  + Entries.JSON
                  + ", not encoded")
          .exception();
    }
    Condition condition = condition(exchange);
    return bodies
        .read(exchange.request())
        .thenCompose(
            body -> {
              Entry entry = parse(key, body);
              return write(
                  database,
                  key,
                  condition,
                  version -> embedded.put(database.name(), entry, version));
            })
        .thenApply(outcome -> answer(database, key, outcome));
  }

  CompletionStage<HttpResponse> delete(Exchange exchange) {
    HubDatabase database = writable(exchange);
    Bytes key = key(exchange);
    return write(
            database,
            key,
            condition(exchange),
            version -> embedded.delete(database.name(), key, version))
        .thenApply(outcome -> answer(database, key, outcome));
  }

  private HubDatabase writable(Exchange exchange) {
    Query.of(exchange.target(), List.of());
    HubDatabase database = databases.require(exchange.segments().get(0));
    if (database.origin() != HubDatabase.Origin.EMBEDDED) {
      throw Problem.of(
              StatusCodes.METHOD_NOT_ALLOWED,
              "database \""
                  + database.name()
                  + "\" is captured from a source: it is written there, and read here")
          .with(Allow.create(HttpMethods.GET, HttpMethods.HEAD))
          .exception();
    }
    return database;
  }

  private static Bytes key(Exchange exchange) {
    return RequestTarget.decoded(exchange.segments().get(1), false);
  }

  private static Entry parse(Bytes key, byte[] body) {
    try {
      return EntryParser.parse(key, body, System.currentTimeMillis());
    } catch (MalformedEntryException e) {
      Problem problem = Problem.of(StatusCodes.BAD_REQUEST, "the body: " + e.getMessage());
      throw (e.line() == 0 ? problem : problem.with("line", e.line()).with("column", e.column()))
          .exception();
    }
  }

  /** What a key must be for a write to happen. */
  private sealed interface Condition {
    /** Any, or absent: as {@link EmbeddedDatabases} has it. */
    record Version(long expected) implements Condition {}

    /** There, and where tags are given, at one of them. */
    record There(List<String> tags) implements Condition {}
  }

  private Condition condition(Exchange exchange) {
    String match = exchange.header("If-Match");
    String noneMatch = exchange.header("If-None-Match");
    if (match != null && noneMatch != null) {
      throw Problem.of(StatusCodes.BAD_REQUEST, "If-Match and If-None-Match; allowed: one of them")
          .exception();
    }
    if (noneMatch != null && !noneMatch.equals("*")) {
      throw Problem.of(
              StatusCodes.BAD_REQUEST,
              "If-None-Match: \"" + noneMatch + "\" is not allowed here; allowed: *")
          .exception();
    }
    if (noneMatch != null) {
      return new Condition.Version(EmbeddedDatabases.ABSENT);
    }
    if (match == null) {
      return new Condition.Version(EmbeddedDatabases.ANY);
    }
    return new Condition.There(match.equals("*") ? List.of() : Headers.tags(match));
  }

  private CompletionStage<Outcome> write(
      HubDatabase database,
      Bytes key,
      Condition condition,
      LongFunction<CompletionStage<Outcome>> write) {
    CompletionStage<Outcome> outcome;
    if (condition instanceof Condition.Version version) {
      outcome = write.apply(version.expected());
    } else {
      var there = (Condition.There) condition;
      outcome =
          CompletableFuture.supplyAsync(() -> version(database, key), blocking)
              .thenCompose(version -> writeThere(there, version, write, TRIES_MAX));
    }
    return outcome.exceptionally(Writes::refused);
  }

  private static long version(HubDatabase database, Bytes key) {
    try (DatabaseSnapshot snapshot = database.database().snapshot()) {
      return snapshot.version(key);
    }
  }

  // The version may change until the write is done; then the condition is looked at again.
  private CompletionStage<Outcome> writeThere(
      Condition.There there,
      long version,
      LongFunction<CompletionStage<Outcome>> write,
      int tries) {
    boolean matches =
        version != 0
            && (there.tags().isEmpty()
                || there.tags().contains(VersionTag.ofKey(databases.epoch(), version)));
    if (!matches || tries == 0) {
      return CompletableFuture.completedFuture(new Mismatch(version));
    }
    return write
        .apply(version)
        .thenCompose(
            outcome ->
                outcome instanceof Mismatch mismatch
                    ? writeThere(there, mismatch.version(), write, tries - 1)
                    : CompletableFuture.completedFuture(outcome));
  }

  private static Outcome refused(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof WriteRefusedException refused) {
      throw Problem.of(StatusCodes.SERVICE_UNAVAILABLE, refused.getMessage())
          .with(Headers.of("Retry-After", Long.toString(refused.retryAfter().toSeconds())))
          .exception();
    }
    if (cause instanceof IllegalArgumentException) {
      throw Problem.of(StatusCodes.CONTENT_TOO_LARGE, cause.getMessage()).exception();
    }
    if (cause instanceof StoreException) {
      throw Problem.of(StatusCodes.SERVICE_UNAVAILABLE, cause.getMessage())
          .with(Headers.of("Retry-After", "30"))
          .exception();
    }
    throw failure instanceof RuntimeException unchecked
        ? unchecked
        : new CompletionException(failure);
  }

  private HttpResponse answer(HubDatabase database, Bytes key, Outcome outcome) {
    Epoch epoch = databases.epoch();
    if (outcome instanceof Mismatch mismatch) {
      String is =
          mismatch.version() == 0
              ? "is not there"
              : "has the tag " + VersionTag.ofKey(epoch, mismatch.version());
      Problem problem =
          Problem.of(
              StatusCodes.PRECONDITION_FAILED,
              "nothing was written: key \""
                  + key
                  + "\" of database \""
                  + database.name()
                  + "\" "
                  + is);
      throw (mismatch.version() == 0
              ? problem
              : problem.with(Headers.of("ETag", VersionTag.ofKey(epoch, mismatch.version()))))
          .exception();
    }
    var written = (Written) outcome;
    String cursor = CursorText.of(written.cursor());
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("cursor", cursor);
    body.put("existed", written.existed());
    HttpResponse response =
        HttpResponse.create()
            .withStatus(
                written.existed() || written.version() == 0 ? StatusCodes.OK : StatusCodes.CREATED)
            .addHeader(Headers.of(Headers.CURSOR, cursor))
            .addHeader(Headers.NO_STORE);
    if (written.version() != 0) {
      String tag = VersionTag.ofKey(epoch, written.version());
      body.put("etag", tag);
      response = response.addHeader(Headers.of("ETag", tag));
    }
    try {
      return response.withEntity(
          HttpEntities.create(ContentTypes.APPLICATION_JSON, JSON_WRITER.writeValueAsBytes(body)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot be written as JSON: " + body, e);
    }
  }
}
