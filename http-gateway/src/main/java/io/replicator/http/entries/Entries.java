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
import io.replicator.store.DatabaseSnapshot;
import io.replicator.store.PullLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * {@code GET /v1/databases/{db}/entries}: the entries of one state of a database, whole or page by
 * page. Any thread.
 *
 * <pre>
 *   Accept   application/json                        an array
 *            application/x-ndjson                    an entry a line
 *            application/vnd.replicator.v1+protobuf  the blocks of a load as on the wire, each after
 *                                                    its length in 4 bytes, big-endian
 * </pre>
 *
 * The answer names the cursor from which changes go on, before the first entry. Its tag is weak:
 * the same entries may come in another form.
 */
public final class Entries {
  static final String JSON = "application/json";
  static final String NDJSON = "application/x-ndjson";
  static final String PROTOBUF = "application/vnd.replicator.v1+protobuf";

  private static final String LIMIT = "limit";
  private static final String AFTER = "after";
  private static final List<String> PARAMETERS = List.of(Patterns.NAME, LIMIT, AFTER);
  private static final List<String> FORMS = List.of(JSON, NDJSON, PROTOBUF);
  private static final int LIMIT_MAX = 1_000_000;
  private static final ContentType NDJSON_TYPE = ContentTypes.parse(NDJSON);
  private static final ContentType PROTOBUF_TYPE = ContentTypes.parse(PROTOBUF);

  private final ServedDatabases databases;
  private final Loads loads;
  private final EntriesBody body;
  private final PullLimits limits;
  private final int compressionLevel;
  private final Executor blocking;
  private final GatewayMeters meters;

  Entries(
      ServedDatabases databases,
      Loads loads,
      GatewaySettings settings,
      Executor blocking,
      GatewayMeters meters) {
    this.databases = databases;
    this.loads = loads;
    this.body = new EntriesBody(blocking, settings.entriesTimeMax(), settings.compressionLevel());
    this.limits = new PullLimits(settings.batchBytesMax(), PullLimits.DEFAULT.rowsMax());
    this.compressionLevel = settings.compressionLevel();
    this.blocking = blocking;
    this.meters = meters;
  }

  /** What a request asks for, checked. */
  private record Asked(
      HubDatabase database, KeyFilter filter, String form, String coding, int limit, Bytes after) {}

  public CompletionStage<HttpResponse> handle(Exchange exchange) {
    Query query = Query.of(exchange.target(), PARAMETERS);
    String form = Negotiation.mediaType(exchange.request(), FORMS);
    boolean text = !form.equals(PROTOBUF);
    var asked =
        new Asked(
            databases.require(exchange.segments().get(0)),
            Patterns.filter(query),
            form,
            text ? Negotiation.encoding(exchange.request(), ContentCoding.NAMES) : null,
            query.number(LIMIT, 1, LIMIT_MAX, 0),
            query.one(AFTER));
    if (!text && (query.has(LIMIT) || query.has(AFTER))) {
      throw Problem.of(
              StatusCodes.BAD_REQUEST,
              "limit and after are for " + JSON + " and " + NDJSON + ", not for " + PROTOBUF)
          .exception();
    }
    return CompletableFuture.supplyAsync(() -> answer(exchange, asked), blocking);
  }

  private HttpResponse answer(Exchange exchange, Asked asked) {
    String tags = exchange.header("If-None-Match");
    if (tags != null) {
      Cursor.At unchanged =
          UnchangedSince.any(asked.database().database(), Headers.tags(tags), asked.filter());
      if (unchanged != null) {
        return HttpResponse.create()
            .withStatus(StatusCodes.NOT_MODIFIED)
            .addHeaders(headers(unchanged));
      }
    }
    Held held = loads.hold(asked.database().database());
    try {
      HttpResponse response = HttpResponse.create().addHeaders(headers(held.snapshot().cursor()));
      if (exchange.isHead()) {
        held.close();
        return response.withEntity(HttpEntities.create(type(asked.form()), new byte[0]));
      }
      return asked.limit() > 0
          ? page(exchange, asked, held, response)
          : whole(asked, held, response);
    } catch (RuntimeException e) {
      held.close();
      throw e;
    }
  }

  private HttpResponse whole(Asked asked, Held held, HttpResponse response) {
    if (asked.form().equals(PROTOBUF)) {
      Source<ByteString, NotUsed> blocks =
          body.blocks(held, asked.filter(), limits, meters::entriesSent);
      return response.withEntity(HttpEntities.createChunked(PROTOBUF_TYPE, blocks));
    }
    return streamed(asked, held, start(asked, held.snapshot()), asked.filter(), response);
  }

  private HttpResponse streamed(
      Asked asked, Held held, Cursor from, KeyFilter filter, HttpResponse response) {
    var text =
        new EntriesText(
            held.snapshot(), from, filter, limits, frame(asked.form()), System.currentTimeMillis());
    ContentCoding coding = ContentCoding.of(asked.coding(), compressionLevel);
    Source<ByteString, NotUsed> parts = body.text(held, text, coding, meters::entriesSent);
    return encoded(asked, response)
        .withEntity(HttpEntities.createChunked(type(asked.form()), parts));
  }

  private HttpResponse page(Exchange exchange, Asked asked, Held held, HttpResponse response) {
    Page page =
        Page.read(
            held.snapshot(), start(asked, held.snapshot()), asked.filter(), asked.limit(), limits);
    HttpResponse named =
        page.last() == null
            ? response
            : response
                .addHeader(Headers.of(Headers.AFTER, RequestTarget.encoded(page.last())))
                .addHeader(Headers.of("Link", link(exchange, asked, page.last())));
    if (page.alone() != null) {
      return streamed(asked, held, start(asked, held.snapshot()), page.alone(), named);
    }
    try (held;
        ContentCoding coding = ContentCoding.of(asked.coding(), compressionLevel)) {
      var text =
          new EntriesText(
              held.snapshot(),
              page.entries().to(),
              asked.filter(),
              limits,
              frame(asked.form()),
              System.currentTimeMillis());
      byte[] plain = text.write(page.entries(), true);
      meters.entriesSent(text.entries());
      ByteString whole =
          ByteString.fromArray(coding.encode(plain)).concat(ByteString.fromArray(coding.finish()));
      return encoded(asked, named).withEntity(HttpEntities.create(type(asked.form()), whole));
    }
  }

  private static Cursor start(Asked asked, DatabaseSnapshot snapshot) {
    return asked.after() == null ? Cursor.NOTHING : snapshot.after(asked.after());
  }

  // Relative, because the host that a client sees may be another one's.
  private static String link(Exchange exchange, Asked asked, Bytes last) {
    var link = new StringBuilder("<").append(exchange.target().path()).append('?');
    for (Bytes pattern : Query.of(exchange.target(), PARAMETERS).all(Patterns.NAME)) {
      link.append(Patterns.NAME).append('=').append(RequestTarget.encoded(pattern)).append('&');
    }
    return link.append(LIMIT)
        .append('=')
        .append(asked.limit())
        .append('&')
        .append(AFTER)
        .append('=')
        .append(RequestTarget.encoded(last))
        .append(">; rel=\"next\"")
        .toString();
  }

  private static HttpResponse encoded(Asked asked, HttpResponse response) {
    return asked.coding() == null
        ? response
        : response.addHeader(Headers.of("Content-Encoding", asked.coding()));
  }

  private static List<HttpHeader> headers(Cursor.At cursor) {
    List<HttpHeader> headers = new ArrayList<>();
    headers.add(Headers.of(Headers.CURSOR, CursorText.of(cursor)));
    headers.add(Headers.of("ETag", VersionTag.weak(cursor)));
    headers.add(Headers.NO_CACHE);
    headers.add(Headers.of("Vary", "Accept, Accept-Encoding"));
    return headers;
  }

  private static EntriesText.Frame frame(String form) {
    return form.equals(NDJSON) ? EntriesText.Frame.LINES : EntriesText.Frame.ARRAY;
  }

  private static ContentType type(String form) {
    return switch (form) {
      case NDJSON -> NDJSON_TYPE;
      case PROTOBUF -> PROTOBUF_TYPE;
      default -> ContentTypes.APPLICATION_JSON;
    };
  }
}
