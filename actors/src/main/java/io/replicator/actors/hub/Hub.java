package io.replicator.actors.hub;

import io.micrometer.core.instrument.MeterRegistry;
import io.replicator.replication.Epoch;
import io.replicator.store.Store;
import io.replicator.streams.Capture;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.util.ByteString;

/** A running hub. Any thread. */
public final class Hub {
  private static final Duration STATUS_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration METER_INTERVAL = Duration.ofSeconds(5);
  private static final StatusQuery METERED = new StatusQuery(0, StatusQuery.Sort.ID, "");
  private static final AtomicInteger HUBS = new AtomicInteger();

  private final ActorSystem<?> system;
  private final ActorRef<HubGuardian.Command> guardian;
  private final InetSocketAddress address;
  private final CompletableFuture<Done> stopped;
  private final Sessions sessions;
  private final Cancellable metering;
  private final List<HubDatabase> databases;
  private final Epoch epoch;
  private final EmbeddedDatabases embedded;

  private Hub(
      ActorSystem<?> system,
      ActorRef<HubGuardian.Command> guardian,
      InetSocketAddress address,
      HubGuardian.Parts parts,
      MeterRegistry registry) {
    this.system = system;
    this.guardian = guardian;
    this.address = address;
    this.stopped = parts.stopped();
    this.sessions = parts.sessions().join();
    this.databases = parts.databases();
    this.epoch = parts.store().epoch();
    this.embedded = parts.writes();
    var meters = new HubMeters(registry);
    this.metering =
        system
            .scheduler()
            .scheduleAtFixedRate(
                METER_INTERVAL,
                METER_INTERVAL,
                () -> status(METERED).thenAccept(meters::update),
                system.executionContext());
    stopped.whenComplete((done, error) -> metering.cancel());
  }

  /**
   * Starts a hub; completes when clients can connect.
   *
   * @param store stays the caller's: closed by them after {@link #stop}
   * @param captures makes a capture for each attempt to reach the source; null for a hub without
   *     one
   */
  public static CompletionStage<Hub> start(
      ActorSystem<?> system,
      HubSettings settings,
      Store store,
      Supplier<Capture> captures,
      MeterRegistry meters) {
    var parts =
        new HubGuardian.Parts(
            settings,
            store,
            captures,
            new WriteQueue(
                settings.names(HubDatabase.Origin.EMBEDDED),
                EntryLimits.of(settings.store()),
                WriteQueue.Bounds.DEFAULT),
            new CompletableFuture<>(),
            new CompletableFuture<>(),
            new CompletableFuture<>());
    ActorRef<HubGuardian.Command> guardian =
        system.systemActorOf(
            HubGuardian.create(parts), "hub-" + HUBS.incrementAndGet(), Props.empty());
    return parts.bound().thenApply(address -> new Hub(system, guardian, address, parts, meters));
  }

  /** Where clients connect. */
  public InetSocketAddress address() {
    return address;
  }

  public CompletionStage<HubStatus> status() {
    return status(StatusQuery.DEFAULT);
  }

  /** How everything is, and the sessions that {@code query} asks for. */
  public CompletionStage<HubStatus> status(StatusQuery query) {
    return AskPattern.ask(
        guardian,
        replyTo -> new HubGuardian.GetStatus(query, replyTo),
        STATUS_TIMEOUT,
        system.scheduler());
  }

  /** What is served, in the order of the lanes. */
  public List<HubDatabase> databases() {
    return databases;
  }

  /** That of the store, which the versions of its databases belong to. */
  public Epoch epoch() {
    return epoch;
  }

  /** The way into the databases that are the hub's own. */
  public EmbeddedDatabases embedded() {
    return embedded;
  }

  /**
   * A session for one more client, over a connection that somebody else made. The flow takes what
   * the client sends and emits what is for the client, in pieces of any size, exactly as over TCP.
   * A session begins each time that the flow is materialised.
   *
   * @param transport what carries the connection, and {@code address} of the client, for people
   */
  public Flow<ByteString, ByteString, NotUsed> session(String transport, String address) {
    return sessions.flow(transport, address);
  }

  /** Stops capturing, lets clients catch up for as long as the settings say, and closes. */
  public CompletionStage<Done> stop() {
    guardian.tell(new HubGuardian.Stop());
    return stopped;
  }

  /** Completes when the hub is down, whatever the reason. */
  public CompletionStage<Done> whenStopped() {
    return stopped;
  }
}
