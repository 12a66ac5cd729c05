package io.replicator.actors.hub;

import io.micrometer.core.instrument.MeterRegistry;
import io.replicator.store.Store;
import io.replicator.streams.Capture;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/** A running hub. Any thread. */
public final class Hub {
  private static final Duration STATUS_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration METER_INTERVAL = Duration.ofSeconds(5);
  private static final AtomicInteger HUBS = new AtomicInteger();

  private final ActorSystem<?> system;
  private final ActorRef<HubGuardian.Command> guardian;
  private final InetSocketAddress address;
  private final CompletableFuture<Done> stopped;
  private final Cancellable metering;

  private Hub(
      ActorSystem<?> system,
      ActorRef<HubGuardian.Command> guardian,
      InetSocketAddress address,
      CompletableFuture<Done> stopped,
      MeterRegistry registry) {
    this.system = system;
    this.guardian = guardian;
    this.address = address;
    this.stopped = stopped;
    var meters = new HubMeters(registry);
    this.metering =
        system
            .scheduler()
            .scheduleAtFixedRate(
                METER_INTERVAL,
                METER_INTERVAL,
                () -> status().thenAccept(meters::update),
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
            settings, store, captures, new CompletableFuture<>(), new CompletableFuture<>());
    ActorRef<HubGuardian.Command> guardian =
        system.systemActorOf(
            HubGuardian.create(parts), "hub-" + HUBS.incrementAndGet(), Props.empty());
    return parts
        .bound()
        .thenApply(address -> new Hub(system, guardian, address, parts.stopped(), meters));
  }

  /** Where clients connect. */
  public InetSocketAddress address() {
    return address;
  }

  public CompletionStage<HubStatus> status() {
    return AskPattern.ask(guardian, HubGuardian.GetStatus::new, STATUS_TIMEOUT, system.scheduler());
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
