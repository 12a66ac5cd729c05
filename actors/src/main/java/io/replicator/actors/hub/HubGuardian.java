package io.replicator.actors.hub;

import io.replicator.actors.hub.HubSettings.ServedDatabase;
import io.replicator.actors.hub.HubStatus.DatabaseStatus;
import io.replicator.replication.QosLevel;
import io.replicator.store.DatabaseStats;
import io.replicator.store.Store;
import io.replicator.streams.Capture;
import io.replicator.streams.HubIdentity;
import io.replicator.streams.HubIdentity.SourceIdentity;
import io.replicator.streams.SourceStatus;
import io.replicator.streams.send.Dictionaries;
import io.replicator.streams.send.SessionOffer;
import io.replicator.streams.send.SessionStatus;
import io.replicator.streams.send.SharedBlocks;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.io.Inet;
import org.apache.pekko.io.TcpSO;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Tcp;

/**
 * A hub: binds the port, owns the capture and the sessions, and takes them down in order.
 *
 * <pre>
 *   binding ──▶ serving ──Stop──▶ draining (no new clients; capture and writes of embedded databases
 *      │                             │      end, then sessions get the rest)
 *      │                             └──(last session gone, or the time is over)──▶ stopped
 *      └──(port not to be had)──▶ stopped
 * </pre>
 *
 * <p>It has stopped only when the capture and the writes have ended too, so that the store can be
 * closed then.
 */
final class HubGuardian extends AbstractBehavior<HubGuardian.Command> {
  private static final Duration STATUS_TIMEOUT = Duration.ofSeconds(3);
  private static final Duration CAPTURE_BACKOFF_MIN = Duration.ofMillis(200);
  private static final Duration CAPTURE_BACKOFF_MAX = Duration.ofSeconds(10);
  private static final Duration TOMBSTONE_INTERVAL = Duration.ofSeconds(60);
  private static final int LISTEN_BACKLOG = 1_024;

  /** What a hub is told. */
  public sealed interface Command {}

  /** Asks how everything is. */
  public record GetStatus(StatusQuery query, ActorRef<HubStatus> replyTo) implements Command {}

  /** Drain and stop; {@link Parts#stopped} completes afterwards. */
  public record Stop() implements Command {}

  private record Bound(Tcp.ServerBinding binding) implements Command {}

  private record BindFailed(Throwable error) implements Command {}

  /** How the sessions are, and those of them that were asked for. */
  private record SessionsAnswered(
      SessionTotals totals, List<SessionStatus> shown, long found, ActorRef<HubStatus> replyTo)
      implements Command {}

  private record CaptureStopped() implements Command {}

  private record CaptureEnded() implements Command {}

  private record WritesStopped() implements Command {}

  private record SessionsStopped() implements Command {}

  private record DrainTimeout() implements Command {}

  private record DropTombstones() implements Command {}

  private record TombstonesDropped(Throwable error) implements Command {}

  /**
   * What a hub is made of, and what it promises to whoever started it.
   *
   * @param captures makes the capture of the next attempt; null for a hub without a source
   * @param writes to the embedded databases
   * @param sessions completes before {@code bound}
   * @param bound completes with the address when clients can connect
   * @param stopped completes when everything is down; fails when the hub could not start
   */
  public record Parts(
      HubSettings settings,
      Store store,
      Supplier<Capture> captures,
      WriteQueue writes,
      CompletableFuture<Sessions> sessions,
      CompletableFuture<InetSocketAddress> bound,
      CompletableFuture<Done> stopped) {

    /** What is served, in the order of the lanes; made in the store where they are new. */
    List<HubDatabase> databases() {
      return settings.databases().stream()
          .map(
              served ->
                  new HubDatabase(
                      served.name(),
                      served.level(),
                      served.origin(),
                      store.database(served.name())))
          .toList();
    }
  }

  private final Parts parts;
  private final Executor blocking;
  private final TimerScheduler<Command> timers;
  private final long startedAtMs = System.currentTimeMillis();
  private final AtomicReference<CaptureActor.Attempt> capture = new AtomicReference<>();
  private final ActorRef<SessionSupervisor.Command> sessions;
  private final ActorRef<CaptureActor.Command> capturing;
  private final ActorRef<EmbeddedWriter.Command> writing;
  private Tcp.ServerBinding binding;
  private boolean stopping;
  private boolean captureEnded;
  private boolean writesEnded;
  private boolean sessionsStopped;
  private Throwable bindError;
  private String address;

  public static Behavior<Command> create(Parts parts) {
    return Behaviors.withTimers(
        timers ->
            Behaviors.setup(
                context -> {
                  try {
                    return new HubGuardian(context, timers, parts);
                  } catch (RuntimeException e) {
                    fail(parts, e);
                    throw e;
                  }
                }));
  }

  private static void fail(Parts parts, Throwable error) {
    parts.bound().completeExceptionally(error);
    parts.stopped().completeExceptionally(error);
  }

  private HubGuardian(ActorContext<Command> context, TimerScheduler<Command> timers, Parts parts) {
    super(context);
    this.parts = parts;
    this.timers = timers;
    HubSettings settings = parts.settings();
    this.address = settings.host() + ":" + settings.port();
    this.blocking =
        context
            .getSystem()
            .dispatchers()
            .lookup(DispatcherSelector.fromConfig(CaptureActor.BLOCKING_DISPATCHER));
    Map<String, QosLevel> levels = new LinkedHashMap<>();
    for (ServedDatabase database : settings.databases()) {
      levels.put(database.name(), database.level());
      parts.store().database(database.name());
    }
    var dictionaries =
        new Dictionaries(parts.store(), blocking, settings.session().compressionLevel());
    var blocks = new SharedBlocks(blocking, settings.session(), dictionaries);
    var offer =
        new SessionOffer(
            parts.store(),
            levels,
            this::identity,
            settings.session(),
            settings.store().valueBytesMax());
    this.sessions =
        context.spawn(SessionSupervisor.create(settings.session().sessionsMax()), "sessions");
    context.watchWith(sessions, new SessionsStopped());
    var served = new Sessions(offer, blocks, sessions);
    parts.sessions().complete(served);
    if (parts.captures() == null) {
      this.capturing = null;
    } else {
      this.capturing =
          context.spawn(
              CaptureActor.create(
                  parts.captures(), capture, CAPTURE_BACKOFF_MIN, CAPTURE_BACKOFF_MAX),
              "capture");
      context.watchWith(capturing, new CaptureStopped());
    }
    this.writing = spawnWriter();
    timers.startTimerWithFixedDelay(new DropTombstones(), TOMBSTONE_INTERVAL);
    context.pipeToSelf(
        bind(settings, served),
        (bound, error) -> error == null ? new Bound(bound) : new BindFailed(error));
  }

  private ActorRef<EmbeddedWriter.Command> spawnWriter() {
    Set<String> embedded = parts.settings().names(HubDatabase.Origin.EMBEDDED);
    if (embedded.isEmpty()) {
      writesEnded = true;
      return null;
    }
    for (String name : embedded) {
      if (parts.store().database(name).stats().loading()) {
        throw new IllegalStateException(
            "database %s cannot be embedded: the store has a part of a load of it from a source;"
                    .formatted(name)
                + " choose another name or another store");
      }
    }
    ActorRef<EmbeddedWriter.Command> writer =
        getContext()
            .spawn(
                EmbeddedWriter.create(
                    parts.store(), embedded, parts.writes(), System::currentTimeMillis),
                "embedded-writer",
                EmbeddedWriter.props());
    getContext().watchWith(writer, new WritesStopped());
    return writer;
  }

  private CompletionStage<Tcp.ServerBinding> bind(HubSettings settings, Sessions served) {
    Materializer materializer = SystemMaterializer.get(getContext().getSystem()).materializer();
    List<Inet.SocketOption> options = List.of(TcpSO.reuseAddress(true), TcpSO.tcpNoDelay(true));
    return Tcp.get(getContext().getSystem())
        .bind(
            settings.host(),
            settings.port(),
            LISTEN_BACKLOG,
            options,
            // Half-closed: what ends first is what the hub says, and then the client hears it out.
            true,
            java.util.Optional.empty())
        .toMat(
            Sink.foreach(
                connection ->
                    connection.handleWith(
                        served.flow("tcp", text(connection.remoteAddress())), materializer)),
            Keep.left())
        .run(materializer);
  }

  private static String text(InetSocketAddress address) {
    return address.getAddress().getHostAddress() + ":" + address.getPort();
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Bound.class, this::onBound)
        .onMessage(BindFailed.class, this::onBindFailed)
        .onMessage(GetStatus.class, this::onGetStatus)
        .onMessage(SessionsAnswered.class, this::onSessions)
        .onMessage(DropTombstones.class, this::onDropTombstones)
        .onMessage(TombstonesDropped.class, this::onTombstonesDropped)
        .onMessage(Stop.class, this::onStop)
        .onMessage(CaptureStopped.class, this::onCaptureStopped)
        .onMessage(CaptureEnded.class, this::onCaptureEnded)
        .onMessage(WritesStopped.class, this::onWritesStopped)
        .onMessage(DrainTimeout.class, this::onDrainTimeout)
        .onMessage(SessionsStopped.class, this::onSessionsStopped)
        .onSignal(PostStop.class, signal -> onPostStop())
        .build();
  }

  private Behavior<Command> onBound(Bound message) {
    binding = message.binding();
    if (stopping) {
      binding.unbind();
      return this;
    }
    address = text(binding.localAddress());
    getContext().getLog().info("hub listens at {}", address);
    parts.bound().complete(binding.localAddress());
    return this;
  }

  private Behavior<Command> onBindFailed(BindFailed failed) {
    bindError =
        new IllegalStateException(
            "cannot listen at %s:%d (%s): choose another --hub address or stop what uses it"
                .formatted(
                    parts.settings().host(), parts.settings().port(), failed.error().getMessage()),
            failed.error());
    return beginStop(Duration.ZERO);
  }

  // ---- Status

  private HubIdentity identity() {
    List<SourceIdentity> sources = new ArrayList<>();
    for (SourceStatus source : sources()) {
      if (!source.id().isEmpty()) {
        sources.add(
            new SourceIdentity(
                source.id(),
                source.address(),
                List.copyOf(parts.settings().names(HubDatabase.Origin.CAPTURED))));
      }
    }
    return new HubIdentity(parts.store().epoch().toString(), parts.store().epoch(), sources);
  }

  private List<SourceStatus> sources() {
    CaptureActor.Attempt latest = capture.get();
    return latest == null ? List.of() : List.of(latest.capture().status());
  }

  private Behavior<Command> onGetStatus(GetStatus get) {
    CompletionStage<SessionSurvey> asked =
        AskPattern.ask(
            sessions,
            SessionSupervisor.GetSessions::new,
            STATUS_TIMEOUT,
            getContext().getSystem().scheduler());
    // Searching and sorting thousands of sessions is not this actor's work.
    getContext()
        .pipeToSelf(
            asked.thenApplyAsync(survey -> sessions(survey, get), blocking),
            (answer, error) -> error == null ? answer : sessions(SessionSurvey.NONE, get));
    return this;
  }

  private static SessionsAnswered sessions(SessionSurvey survey, GetStatus get) {
    List<SessionStatus> found = get.query().found(survey.sessions());
    return new SessionsAnswered(
        survey.totals(), get.query().shown(found), found.size(), get.replyTo());
  }

  private Behavior<Command> onSessions(SessionsAnswered answer) {
    answer
        .replyTo()
        .tell(
            new HubStatus(
                parts.store().epoch().toString(),
                parts.store().epoch().toString(),
                address,
                startedAtMs,
                System.currentTimeMillis(),
                sources(),
                parts.settings().databases().stream().map(this::status).toList(),
                answer.shown(),
                answer.found(),
                answer.totals()));
    return this;
  }

  private DatabaseStatus status(ServedDatabase served) {
    DatabaseStats stats = parts.store().database(served.name()).stats();
    return new DatabaseStatus(
        served.name(),
        served.level().name().toLowerCase(Locale.ROOT),
        served.origin().name().toLowerCase(Locale.ROOT),
        stats.keys(),
        stats.head(),
        stats.horizon(),
        stats.tombstones(),
        stats.bytes(),
        stats.loading());
  }

  // ---- Housekeeping

  private Behavior<Command> onDropTombstones(DropTombstones message) {
    getContext()
        .pipeToSelf(
            CompletableFuture.runAsync(
                () -> parts.store().dropTombstones(System.currentTimeMillis()), blocking),
            (done, error) -> new TombstonesDropped(error));
    return this;
  }

  private Behavior<Command> onTombstonesDropped(TombstonesDropped dropped) {
    if (dropped.error() != null) {
      getContext().getLog().error("old tombstones could not be dropped", dropped.error());
    }
    return this;
  }

  // ---- End

  private Behavior<Command> onStop(Stop stop) {
    return beginStop(parts.settings().drainTimeout());
  }

  private Behavior<Command> beginStop(Duration drainTimeout) {
    if (stopping) {
      return this;
    }
    stopping = true;
    timers.cancelAll();
    if (binding != null) {
      binding.unbind();
    }
    if (drainTimeout.isZero()) {
      sessions.tell(new SessionSupervisor.AbortAll("the hub stops"));
    } else {
      timers.startSingleTimer(new DrainTimeout(), drainTimeout);
    }
    if (writing != null) {
      writing.tell(new EmbeddedWriter.Stop());
    }
    if (capturing == null) {
      return onCaptureEnded(new CaptureEnded());
    }
    CaptureActor.Attempt latest = capture.get();
    if (drainTimeout.isZero() || latest == null || latest.ended().toCompletableFuture().isDone()) {
      // Not by a message, which would wait for the next attempt where one is being waited for.
      getContext().stop(capturing);
    } else {
      capturing.tell(new CaptureActor.Finish());
    }
    return this;
  }

  private Behavior<Command> onCaptureStopped(CaptureStopped stopped) {
    if (!stopping) {
      throw new IllegalStateException("the capture's actor has stopped by itself");
    }
    CaptureActor.Attempt latest = capture.get();
    if (latest == null) {
      return onCaptureEnded(new CaptureEnded());
    }
    getContext().pipeToSelf(latest.ended(), (done, error) -> new CaptureEnded());
    return this;
  }

  private Behavior<Command> onCaptureEnded(CaptureEnded ended) {
    captureEnded = true;
    return drainSessions();
  }

  private Behavior<Command> onWritesStopped(WritesStopped stopped) {
    if (!stopping) {
      throw new IllegalStateException("the writer of the embedded databases has stopped by itself");
    }
    writesEnded = true;
    return drainSessions();
  }

  // Only when nothing is written any more do they know the last change that they have to bring.
  private Behavior<Command> drainSessions() {
    if (!captureEnded || !writesEnded) {
      return this;
    }
    if (sessionsStopped) {
      return end();
    }
    sessions.tell(new SessionSupervisor.DrainAll("the hub stops"));
    return this;
  }

  private Behavior<Command> onDrainTimeout(DrainTimeout timeout) {
    getContext().getLog().info("not every client is caught up in time: closing all the same");
    if (capturing != null) {
      getContext().stop(capturing);
    }
    sessions.tell(new SessionSupervisor.AbortAll("the hub stops"));
    return this;
  }

  private Behavior<Command> onSessionsStopped(SessionsStopped stopped) {
    if (!stopping) {
      throw new IllegalStateException("the supervisor of sessions has stopped by itself");
    }
    sessionsStopped = true;
    return captureEnded && writesEnded ? end() : this;
  }

  private Behavior<Command> end() {
    parts
        .bound()
        .completeExceptionally(
            bindError != null ? bindError : new IllegalStateException("the hub stopped"));
    parts.stopped().complete(Done.getInstance());
    return Behaviors.stopped();
  }

  // After an end in order, nobody hears it.
  private Behavior<Command> onPostStop() {
    fail(parts, new IllegalStateException("the hub's guardian has failed; the log tells why"));
    return this;
  }
}
