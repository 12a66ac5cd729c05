package io.replicator.actors.client;

import io.micrometer.core.instrument.MeterRegistry;
import io.replicator.protocol.WireException;
import io.replicator.protocol.v1.Hello;
import io.replicator.protocol.v1.Refusal;
import io.replicator.replication.Cursor;
import io.replicator.streams.BatchSink;
import io.replicator.streams.FeedKey;
import io.replicator.streams.SinkRefusedException;
import io.replicator.streams.receive.ClientSession;
import io.replicator.streams.receive.HubRefusedException;
import io.replicator.streams.receive.ReceiveSettings;
import io.replicator.streams.receive.Session;
import io.replicator.streams.receive.SinkFailedException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.io.TcpSO;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Tcp;
import org.apache.pekko.util.ByteString;
import org.slf4j.Logger;

/**
 * A client: owns the session's graph and the sink, and is the only one that retries.
 *
 * <pre>
 *   CONNECTING ──sink ready──▶ HANDSHAKING ──Welcome, sink open──▶ RUNNING
 *       ▲  │                        │                                 │
 *       │  └──────── failure ───────┴───────── session ended ─────────┘
 *       │                 │                                │
 *       └──pause over── WAITING         stop, caught up with once, permanent failure
 *                                                          ▼
 *                              STOPPING (session ends) ──▶ CLOSING (sink) ──▶ stopped
 * </pre>
 *
 * <p>A new session begins only after the last one has no apply under way, and from the cursors that
 * the sink then holds. After a session that worked the same hub is tried first, since another hub's
 * versions are of another epoch; after an attempt that failed for the hub's sake the next in turn.
 *
 * <p>Permanent are: a sink that refuses; and a refusal for a reason that trying again does not
 * change (version, database, malformed), once every hub in turn gave one.
 */
public final class ClientActor extends AbstractBehavior<ClientActor.Command> {
  private static final Duration STATUS_INTERVAL = Duration.ofMillis(100);

  /** How long a stop waits for applies, and then again for the sink to close. */
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);

  private final ClientSettings settings;
  private final ReceiveSettings receiveSettings;
  private final BatchSink sink;
  private final Connector connector;
  private final Consumer<ClientStatus> statusListener;
  private final CompletableFuture<Done> done;
  private final TimerScheduler<Command> timers;
  private final ClientMeters meters;
  private final Backoff backoff;
  private final String clientId = UUID.randomUUID().toString();
  private final StatusBoard board = new StatusBoard();

  private State state = State.CONNECTING;
  private String detail = "";
  private int attempts;
  private int hubIndex;
  private int permanentRefusals;
  private String failureLogged = "";

  /**
   * Whether the last session did anything, or stood well with nothing to do. After one that did
   * not, the next is no news, and neither is what ends it, if it is the same.
   */
  private boolean proven = true;

  /** Of the session's graph, from HANDSHAKING until it has ended. */
  private ClientSession session;

  /** Counts connections tried, so that what an earlier one reports late is not taken for this. */
  private long attempt;

  private Session opened;

  /** By feed id and kind, in this session. */
  private Map<String, Long> unsupportedSeen = new HashMap<>();

  /** Kinds, ever. */
  private final Set<String> unsupportedLogged = new HashSet<>();

  /** How the client ends; null for well. */
  private Throwable outcome;

  /** A connection to a hub, before it is materialized. */
  @FunctionalInterface
  interface Connector {
    Flow<ByteString, ByteString, ?> connection(InetSocketAddress hub);
  }

  private enum State {
    CONNECTING,
    HANDSHAKING,
    RUNNING,
    WAITING,
    STOPPING,
    CLOSING
  }

  public sealed interface Command {}

  /** Ends the client in good order. */
  public enum Stop implements Command {
    INSTANCE
  }

  private record SinkReady(Map<FeedKey, Cursor> cursors) implements Command {}

  private record SinkUnavailable(Throwable failure) implements Command {}

  private record SessionOpened(long attempt, Session session) implements Command {}

  private record SessionCaughtUp(long attempt) implements Command {}

  /** {@code failure} is null after a stop. */
  private record SessionEnded(long attempt, Throwable failure) implements Command {}

  /** {@code failure} is null where it closed well. */
  private record SinkClosed(Throwable failure) implements Command {}

  private enum Tick implements Command {
    RETRY,
    STATUS,
    SETTLED,
    STOP_TIMEOUT
  }

  /**
   * @param statusListener called by the actor's thread
   * @param done completed when the actor has ended
   */
  public static Behavior<Command> create(
      ClientSettings settings,
      BatchSink sink,
      MeterRegistry meters,
      Consumer<ClientStatus> statusListener,
      CompletableFuture<Done> done) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers ->
                    new ClientActor(
                        context,
                        timers,
                        settings,
                        sink,
                        meters,
                        tcp(context.getSystem(), settings.handshakeTimeout()),
                        statusListener,
                        done)));
  }

  /** As {@link #create} without TCP. */
  static Behavior<Command> create(
      ClientSettings settings,
      BatchSink sink,
      MeterRegistry meters,
      Connector connector,
      Consumer<ClientStatus> statusListener,
      CompletableFuture<Done> done) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers ->
                    new ClientActor(
                        context, timers, settings, sink, meters, connector, statusListener, done)));
  }

  private static Connector tcp(ActorSystem<?> system, Duration connectTimeout) {
    return hub ->
        Tcp.get(system)
            .outgoingConnection(
                hub,
                Optional.empty(),
                List.of(TcpSO.tcpNoDelay(true)),
                false,
                Optional.of(connectTimeout),
                Optional.empty());
  }

  /** Before the actor has said anything. */
  public static ClientStatus initialStatus(ClientSettings settings, BatchSink sink) {
    return StatusBoard.initial(name(settings.hubs().get(0)), sink.describe());
  }

  private ClientActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      ClientSettings settings,
      BatchSink sink,
      MeterRegistry meters,
      Connector connector,
      Consumer<ClientStatus> statusListener,
      CompletableFuture<Done> done) {
    super(context);
    this.timers = timers;
    this.settings = settings;
    this.receiveSettings =
        ReceiveSettings.DEFAULT
            .withGroupBytesMax(settings.groupBytesMax())
            .withHandshakeTimeout(settings.handshakeTimeout());
    this.sink = sink;
    this.connector = connector;
    this.statusListener = statusListener;
    this.done = done;
    this.meters = new ClientMeters(meters, settings.name());
    this.backoff =
        new Backoff(settings.backoffMin(), settings.backoffMax(), ThreadLocalRandom.current());
    connect();
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(SinkReady.class, this::onSinkReady)
        .onMessage(SinkUnavailable.class, this::onSinkUnavailable)
        .onMessage(SessionOpened.class, this::onSessionOpened)
        .onMessage(SessionCaughtUp.class, this::onSessionCaughtUp)
        .onMessage(SessionEnded.class, this::onSessionEnded)
        .onMessage(SinkClosed.class, this::onSinkClosed)
        .onMessageEquals(Tick.RETRY, this::onRetry)
        .onMessageEquals(Tick.STATUS, this::onStatusDue)
        .onMessageEquals(Tick.SETTLED, this::onSettled)
        .onMessageEquals(Tick.STOP_TIMEOUT, this::onStopTimeout)
        .onMessageEquals(Stop.INSTANCE, this::onStop)
        .onSignal(PostStop.class, signal -> onPostStop())
        .build();
  }

  // ---- Connecting

  private void connect() {
    attempt++;
    attempts++;
    enter(State.CONNECTING, "");
    getContext()
        .pipeToSelf(
            guarded(() -> sink.connect().thenCompose(connected -> sink.cursors())),
            (cursors, failure) ->
                failure == null ? new SinkReady(cursors) : new SinkUnavailable(causeOf(failure)));
  }

  private Behavior<Command> onSinkReady(SinkReady ready) {
    if (state != State.CONNECTING) {
      return closeSink();
    }
    Hello hello = Handshake.hello(settings, clientId, ready.cursors());
    session =
        connector
            .connection(hub())
            .joinMat(
                ClientSession.flow(hello, sink, receiveSettings, InstantSource.system()),
                Keep.right())
            .run(getContext().getSystem());
    long current = attempt;
    getContext()
        .pipeToSelf(
            session.opened(), (newSession, failure) -> new SessionOpened(current, newSession));
    getContext()
        .pipeToSelf(session.caughtUp(), (caughtUp, failure) -> new SessionCaughtUp(current));
    getContext()
        .pipeToSelf(
            session.done(),
            (ended, failure) ->
                new SessionEnded(current, failure == null ? null : causeOf(failure)));
    enter(State.HANDSHAKING, "");
    return this;
  }

  private Behavior<Command> onSinkUnavailable(SinkUnavailable unavailable) {
    return state == State.CONNECTING ? onFailure(unavailable.failure(), false) : closeSink();
  }

  // ---- Running

  private Behavior<Command> onSessionOpened(SessionOpened message) {
    if (message.attempt() != attempt || state != State.HANDSHAKING) {
      return this;
    }
    opened = message.session();
    attempts = 0;
    permanentRefusals = 0;
    unsupportedSeen = new HashMap<>();
    board.opened(opened);
    meters.opened(opened);
    timers.startTimerWithFixedDelay(Tick.STATUS, STATUS_INTERVAL);
    timers.startSingleTimer(Tick.SETTLED, settings.backoffMax());
    enter(State.RUNNING, "");
    if (proven) {
      failureLogged = "";
      sayOpened();
    }
    proven = false;
    return this;
  }

  private void sayOpened() {
    log().info("Follows hub {} at {} into {}", opened.hub().hubId(), name(hub()), sink.describe());
    for (Session.SessionFeed feed : opened.feeds()) {
      if (!feed.resetReason().isEmpty()) {
        log().warn("Database {} is loaded anew: {}", feed.feed().database(), feed.resetReason());
      }
    }
  }

  private Behavior<Command> onSettled() {
    backoff.reset();
    if (board.state().equals("live")) {
      prove();
    }
    return this;
  }

  private void prove() {
    proven = true;
    failureLogged = "";
  }

  private Behavior<Command> onStatusDue() {
    countUnsupported();
    publish();
    return this;
  }

  private void countUnsupported() {
    for (Session.SessionFeed feed : opened.feeds()) {
      String database = feed.feed().database();
      feed.tally()
          .unsupported()
          .forEach(
              (kind, count) -> {
                Long before = unsupportedSeen.put(feed.feed().id() + " " + kind, count);
                if (before == null || before < count) {
                  meters.unsupported(kind, count - (before == null ? 0 : before));
                }
                if (unsupportedLogged.add(kind)) {
                  log()
                      .warn(
                          "{} cannot hold records of kind {}, first met in database {}",
                          sink.describe(),
                          kind,
                          database);
                }
              });
    }
  }

  private Behavior<Command> onSessionCaughtUp(SessionCaughtUp message) {
    if (message.attempt() == attempt && state == State.RUNNING && settings.once()) {
      endSession("caught up");
    }
    return this;
  }

  private Behavior<Command> onSessionEnded(SessionEnded message) {
    if (message.attempt() != attempt || state == State.CLOSING) {
      return this;
    }
    session = null;
    timers.cancel(Tick.STATUS);
    timers.cancel(Tick.SETTLED);
    if (opened != null) {
      countUnsupported();
      if (progressed(opened)) {
        backoff.reset();
        prove();
      }
    }
    boolean ofHub = !(message.failure() instanceof SinkFailedException);
    return state == State.STOPPING ? closeSink() : onFailure(message.failure(), ofHub);
  }

  private static boolean progressed(Session session) {
    return session.feeds().stream().anyMatch(feed -> feed.tally().records() > 0);
  }

  // ---- Failing and retrying

  /**
   * @param ofHub whether it is the hub that failed, and not the sink
   */
  private Behavior<Command> onFailure(Throwable failure, boolean ofHub) {
    boolean worked = opened != null;
    opened = null;
    String hub = name(hub());
    String where = ofHub ? "hub " + hub : sink.describe();
    String what = describe(failure);
    if (isPermanent(failure)) {
      log().error("Gives up on {} after hub {}: {}", sink.describe(), hub, what);
      outcome = failure.getCause() instanceof SinkRefusedException refused ? refused : failure;
      return closeSink();
    }
    // Another hub would be no better for a failing sink, and would load everything anew.
    if (!worked && ofHub) {
      hubIndex = (hubIndex + 1) % settings.hubs().size();
    }
    Duration pause = backoff.next();
    meters.reconnected();
    if (failureLogged.equals(where + what)) {
      log().debug("{}: {}, next attempt in {} ms", where, what, pause.toMillis());
    } else {
      failureLogged = where + what;
      log().warn("{}: {}, next attempt in {} ms", where, what, pause.toMillis());
    }
    timers.startSingleTimer(Tick.RETRY, pause);
    enter(State.WAITING, where + ": " + what);
    return this;
  }

  private boolean isPermanent(Throwable failure) {
    if (failure instanceof SinkRefusedException
        || failure.getCause() instanceof SinkRefusedException) {
      return true;
    }
    if (!isPermanentRefusal(failure)) {
      permanentRefusals = 0;
      return false;
    }
    permanentRefusals++;
    return permanentRefusals >= settings.hubs().size();
  }

  private static boolean isPermanentRefusal(Throwable failure) {
    if (failure instanceof WireException wire) {
      return wire.reason() == Refusal.Reason.UNSUPPORTED_VERSION;
    }
    if (!(failure instanceof HubRefusedException refused)) {
      return false;
    }
    return switch (refused.reason()) {
      case UNSUPPORTED_VERSION, UNKNOWN_DATABASE, MALFORMED -> true;
      default -> false;
    };
  }

  private Behavior<Command> onRetry() {
    if (state == State.WAITING) {
      connect();
    }
    return this;
  }

  // ---- Stopping

  private Behavior<Command> onStop() {
    switch (state) {
      case WAITING -> {
        timers.cancel(Tick.RETRY);
        return closeSink();
      }
      case CONNECTING -> {
        // The sink answers first: it is not closed while it connects.
        timers.startSingleTimer(Tick.STOP_TIMEOUT, STOP_TIMEOUT);
        enter(State.STOPPING, "stopping");
      }
      case HANDSHAKING, RUNNING -> endSession("the client stops");
      case STOPPING, CLOSING -> {
        // On its way.
      }
    }
    return this;
  }

  private void endSession(String reason) {
    session.stop(reason);
    timers.startSingleTimer(Tick.STOP_TIMEOUT, STOP_TIMEOUT);
    enter(State.STOPPING, reason);
  }

  private Behavior<Command> onStopTimeout() {
    if (state == State.STOPPING) {
      log().warn("{} is busy for {} s after a stop", sink.describe(), STOP_TIMEOUT.toSeconds());
      return closeSink();
    }
    if (state == State.CLOSING) {
      log().warn("{} did not close within {} s", sink.describe(), STOP_TIMEOUT.toSeconds());
      return Behaviors.stopped();
    }
    return this;
  }

  private Behavior<Command> closeSink() {
    if (state == State.CLOSING) {
      return this;
    }
    timers.cancelAll();
    timers.startSingleTimer(Tick.STOP_TIMEOUT, STOP_TIMEOUT);
    enter(State.CLOSING, detail);
    getContext().pipeToSelf(guarded(sink::close), (closed, failure) -> new SinkClosed(failure));
    return this;
  }

  private Behavior<Command> onSinkClosed(SinkClosed closed) {
    if (closed.failure() != null) {
      log().warn("{} did not close well: {}", sink.describe(), describe(closed.failure()));
    }
    return Behaviors.stopped();
  }

  private Behavior<Command> onPostStop() {
    meters.close();
    detail = outcome == null ? detail : describe(outcome);
    publish("stopped");
    if (state != State.CLOSING) {
      outcome = new IllegalStateException("the actor system ended before the client");
      if (session != null) {
        session.stop("the client ends");
      }
    }
    if (outcome == null) {
      done.complete(Done.getInstance());
    } else {
      done.completeExceptionally(outcome);
    }
    return this;
  }

  // ---- Status

  private void enter(State next, String newDetail) {
    state = next;
    detail = newDetail;
    publish();
  }

  private void publish() {
    publish(
        switch (state) {
          case CONNECTING, HANDSHAKING -> "connecting";
          case RUNNING -> board.state();
          case WAITING -> "waiting";
          case STOPPING, CLOSING -> "stopped";
        });
  }

  private void publish(String stateName) {
    statusListener.accept(
        new ClientStatus(name(hub()), sink.describe(), stateName, detail, attempts, board.feeds()));
  }

  private InetSocketAddress hub() {
    return settings.hubs().get(hubIndex);
  }

  private static String name(InetSocketAddress hub) {
    return hub.getHostString() + ":" + hub.getPort();
  }

  private static String describe(Throwable failure) {
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message;
  }

  private static <T> CompletionStage<T> guarded(Supplier<CompletionStage<T>> call) {
    try {
      return call.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static Throwable causeOf(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  private Logger log() {
    return getContext().getLog();
  }
}
