package io.replicator.http.entries;

import io.replicator.actors.hub.HubDatabase;
import io.replicator.http.entries.SharedDeltas.Delta;
import io.replicator.http.exchange.Exchange;
import io.replicator.http.exchange.GatewayMeters;
import io.replicator.http.exchange.GatewaySettings;
import io.replicator.http.exchange.Headers;
import io.replicator.http.exchange.Negotiation;
import io.replicator.http.exchange.Problem;
import io.replicator.http.exchange.Query;
import io.replicator.http.json.CursorText;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.KeyFilter;
import io.replicator.store.Admission;
import io.replicator.store.Database;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.ThrottleMode;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * {@code GET /v1/databases/{db}/changes}: what changed since a cursor, as the answer of a request
 * that may wait for it, or as a stream of events. Any thread.
 *
 * <p>Without a cursor, a load comes first, batch by batch, each with the cursor to ask on with. A
 * cursor that cannot be continued from is 410; an event stream that a browser has connected again
 * by itself gets a load that begins anew instead, because nobody would read the 410.
 */
final class Changes {
  private static final String SINCE = "since";
  private static final String WAIT = "wait";
  private static final List<String> PARAMETERS = List.of(SINCE, WAIT, Patterns.NAME);
  private static final String EVENTS = "text/event-stream";
  private static final ContentType EVENTS_TYPE = ContentTypes.parse(EVENTS);

  /** How soon a browser connects again. */
  private static final ByteString PREAMBLE = ByteString.fromString("retry: 1000\n:\n\n");

  private static final ByteString HEARTBEAT = ByteString.fromString(":\n\n");

  /** Of one stream: what is faster is merged. */
  private static final int EVENTS_PER_SECOND_MAX = 50;

  private static final int EVENTS_AT_ONCE_MAX = 10;

  /** Below that, encoding saves less than it costs. */
  private static final int ENCODED_BYTES_MIN = 1_024;

  private final ServedDatabases databases;
  private final Map<String, HeadBell> bells;
  private final SharedDeltas deltas;
  private final GatewayMeters meters;
  private final Executor executor;
  private final Executor blocking;
  private final int compressionLevel;
  private final int waitMaxS;
  private final Duration heartbeat;

  Changes(
      ActorSystem<?> system,
      ServedDatabases databases,
      Map<String, HeadBell> bells,
      SharedDeltas deltas,
      GatewaySettings settings,
      Executor blocking,
      GatewayMeters meters) {
    this.databases = databases;
    this.bells = bells;
    this.deltas = deltas;
    this.meters = meters;
    this.executor = system.executionContext();
    this.blocking = blocking;
    this.compressionLevel = settings.compressionLevel();
    this.waitMaxS = (int) settings.longPollMax().toSeconds();
    this.heartbeat = settings.heartbeatInterval();
  }

  CompletionStage<HttpResponse> handle(Exchange exchange) {
    Query query = Query.of(exchange.target(), PARAMETERS);
    String form = Negotiation.mediaType(exchange.request(), List.of(Entries.JSON, EVENTS));
    HubDatabase database = databases.require(exchange.segments().get(0));
    KeyFilter filter = Patterns.filter(query);
    int waitS = query.number(WAIT, 0, waitMaxS, 0);
    boolean events = form.equals(EVENTS);
    if (events && query.has(WAIT)) {
      throw Problem.of(
              StatusCodes.BAD_REQUEST,
              "wait is for " + Entries.JSON + ": " + EVENTS + " never ends")
          .exception();
    }
    String lastEventId = events ? exchange.header("Last-Event-ID") : null;
    boolean resumed = lastEventId != null && !lastEventId.isEmpty();
    Cursor since = resumed ? cursor("Last-Event-ID", lastEventId) : since(query);
    // Looks at the disk.
    return CompletableFuture.supplyAsync(() -> database.database().admit(since), blocking)
        .thenComposeAsync(
            admission -> {
              if (!admission.cursor().equals(since) && !resumed) {
                throw gone(admission).exception();
              }
              var place = new Place(database.database(), bells.get(database.name()), filter);
              return events
                  ? CompletableFuture.completedFuture(events(exchange, place, admission.cursor()))
                  : poll(exchange, place, since, Duration.ofSeconds(waitS));
            },
            executor);
  }

  private static Cursor since(Query query) {
    Bytes since = query.one(SINCE);
    return since == null ? Cursor.NOTHING : cursor("since", since.asUtf8());
  }

  private static Cursor cursor(String name, String text) {
    try {
      return CursorText.parse(text);
    } catch (IllegalArgumentException e) {
      throw Problem.of(StatusCodes.BAD_REQUEST, name + ": " + e.getMessage()).exception();
    }
  }

  private static Problem gone(Admission admission) {
    return Problem.of(
        StatusCodes.GONE,
        admission.resetReason() + "; leave out since for a load that begins anew");
  }

  private record Place(Database database, HeadBell bell, KeyFilter filter) {}

  // ---- Long poll

  private CompletionStage<HttpResponse> poll(
      Exchange exchange, Place place, Cursor since, Duration wait) {
    var poll = new Poll(place, System.nanoTime() + wait.toNanos());
    exchange.gone().whenComplete((gone, failure) -> poll.end());
    return poll.next(since).thenApplyAsync(delta -> answer(exchange, since, delta), blocking);
  }

  private HttpResponse answer(Exchange exchange, Cursor since, Delta delta) {
    meters.deltaSent();
    ByteString json = delta.json(since);
    HttpResponse response =
        HttpResponse.create()
            .addHeader(Headers.of(Headers.CURSOR, CursorText.of(delta.to())))
            .addHeader(Headers.NO_STORE)
            .addHeader(Headers.of("Vary", "Accept, Accept-Encoding"));
    String name =
        json.size() < ENCODED_BYTES_MIN
            ? null
            : Negotiation.encoding(exchange.request(), ContentCoding.NAMES);
    if (name != null) {
      try (ContentCoding coding = ContentCoding.of(name, compressionLevel)) {
        byte[] plain = json.toArrayUnsafe();
        json =
            ByteString.fromArrayUnsafe(coding.encode(plain))
                .concat(ByteString.fromArrayUnsafe(coding.finish()));
      }
      response = response.addHeader(Headers.of("Content-Encoding", name));
    }
    return response.withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, json));
  }

  /** One request, until there is something to say. Its steps follow each other; ended by others. */
  private final class Poll {
    private final Place place;
    private final long deadlineNs;
    private boolean heldFrontier;
    private volatile HeadBell.Waiter waiter;
    private volatile boolean ended;

    Poll(Place place, long deadlineNs) {
      this.place = place;
      this.deadlineNs = deadlineNs;
    }

    CompletionStage<Delta> next(Cursor from) {
      long rings = place.bell().rings();
      return deltas
          .pull(place.database(), place.filter(), from, rings)
          .thenComposeAsync(delta -> onDelta(from, delta, rings), executor);
    }

    private CompletionStage<Delta> onDelta(Cursor from, Delta delta, long rings) {
      if (!delta.from().equals(from)) {
        throw gone(place.database().admit(from)).exception();
      }
      boolean tells =
          delta.records() > 0 || !(from instanceof Cursor.At) || (heldFrontier && delta.frontier());
      long leftNs = deadlineNs - System.nanoTime();
      if (tells || leftNs <= 0 || ended) {
        return CompletableFuture.completedFuture(delta);
      }
      if (!delta.atHead()) {
        return next(delta.to());
      }
      heldFrontier |= !delta.frontier();
      return park(delta, rings, Duration.ofNanos(leftNs));
    }

    private CompletionStage<Delta> park(Delta delta, long rings, Duration left) {
      meters.parkedPolls().incrementAndGet();
      HeadBell.Waiter parked = place.bell().await(rings, left);
      waiter = parked;
      if (ended) {
        parked.wake();
      }
      return parked
          .woken()
          .thenComposeAsync(
              woken -> {
                meters.parkedPolls().decrementAndGet();
                return next(delta.to());
              },
              executor);
    }

    void end() {
      ended = true;
      HeadBell.Waiter parked = waiter;
      if (parked != null) {
        parked.wake();
      }
    }
  }

  // ---- Events

  private HttpResponse events(Exchange exchange, Place place, Cursor since) {
    var stream = new EventStream(place, since);
    exchange.gone().whenComplete((gone, failure) -> stream.end());
    Source<ByteString, NotUsed> events =
        Source.unfoldAsync(stream, EventStream::next)
            .throttle(
                EVENTS_PER_SECOND_MAX,
                Duration.ofSeconds(1),
                EVENTS_AT_ONCE_MAX,
                ThrottleMode.shaping())
            .watchTermination(
                (notUsed, done) -> {
                  meters.eventStreams().incrementAndGet();
                  done.whenComplete(
                      (ended, failure) -> {
                        meters.eventStreams().decrementAndGet();
                        stream.end();
                      });
                  return notUsed;
                });
    return HttpResponse.create()
        .addHeader(Headers.NO_STORE)
        .addHeader(Headers.of("Vary", "Accept"))
        // Proxies that gather answers would hold back events.
        .addHeader(Headers.of("X-Accel-Buffering", "no"))
        .withEntity(
            HttpEntities.createChunked(EVENTS_TYPE, Source.single(PREAMBLE).concat(events)));
  }

  /** Where one stream is. Its steps follow each other; closed from another thread. */
  private final class EventStream {
    private final Place place;
    private Cursor cursor;
    private boolean toldFrontier;
    private volatile HeadBell.Waiter waiter;
    private volatile boolean ended;

    EventStream(Place place, Cursor since) {
      this.place = place;
      this.cursor = since;
    }

    /** The next event, or a heartbeat; empty at the end. */
    CompletionStage<Optional<Pair<EventStream, ByteString>>> next() {
      return step(cursor, System.nanoTime() + heartbeat.toNanos());
    }

    private CompletionStage<Optional<Pair<EventStream, ByteString>>> step(
        Cursor from, long deadlineNs) {
      if (ended) {
        return CompletableFuture.completedFuture(Optional.empty());
      }
      long rings = place.bell().rings();
      return deltas
          .pull(place.database(), place.filter(), from, rings)
          .thenComposeAsync(delta -> onDelta(from, delta, rings, deadlineNs), executor);
    }

    private CompletionStage<Optional<Pair<EventStream, ByteString>>> onDelta(
        Cursor from, Delta delta, long rings, long deadlineNs) {
      boolean tells =
          delta.records() > 0
              || !delta.from().equals(from)
              || !(from instanceof Cursor.At)
              || (delta.frontier() && !toldFrontier);
      boolean late = System.nanoTime() >= deadlineNs;
      boolean moved = !delta.to().equals(cursor);
      if (tells || (late && moved)) {
        ByteString event = event(delta);
        cursor = delta.to();
        toldFrontier = delta.frontier();
        meters.deltaSent();
        return emit(event);
      }
      if (late) {
        return emit(HEARTBEAT);
      }
      return delta.atHead() ? park(delta, rings, deadlineNs) : step(delta.to(), deadlineNs);
    }

    private CompletionStage<Optional<Pair<EventStream, ByteString>>> park(
        Delta delta, long rings, long deadlineNs) {
      Duration left = Duration.ofNanos(Math.max(1, deadlineNs - System.nanoTime()));
      HeadBell.Waiter parked = place.bell().await(rings, left);
      waiter = parked;
      if (ended) {
        parked.wake();
      }
      return parked.woken().thenComposeAsync(woken -> step(delta.to(), deadlineNs), executor);
    }

    private CompletionStage<Optional<Pair<EventStream, ByteString>>> emit(ByteString event) {
      return CompletableFuture.completedFuture(Optional.of(Pair.create(this, event)));
    }

    private ByteString event(Delta delta) {
      return ByteString.fromString("id: " + CursorText.of(delta.to()) + "\ndata: ")
          .concat(delta.json(cursor))
          .concat(ByteString.fromString("\n\n"));
    }

    void end() {
      ended = true;
      HeadBell.Waiter parked = waiter;
      if (parked != null) {
        parked.wake();
      }
    }
  }
}
