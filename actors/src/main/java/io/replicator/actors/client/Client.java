package io.replicator.actors.client;

import io.micrometer.core.instrument.MeterRegistry;
import io.replicator.streams.BatchSink;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;

/**
 * A running client: keeps a sink's copy current with a hub, reconnecting until it is stopped.
 * Thread-safe.
 */
public final class Client {
  private static final AtomicLong STARTED = new AtomicLong();

  private final CompletableFuture<Done> done = new CompletableFuture<>();
  private volatile ClientStatus status;
  private ActorRef<ClientActor.Command> actor;

  private Client(ClientStatus status) {
    this.status = status;
  }

  /**
   * Starts beside the other actors of {@code system}. The client stops by itself when the system
   * shuts down in a coordinated way.
   *
   * @param sink closed by the client when it ends
   */
  public static Client start(
      ActorSystem<?> system, ClientSettings settings, BatchSink sink, MeterRegistry meters) {
    Client client = new Client(ClientActor.initialStatus(settings, sink));
    client.actor =
        system.systemActorOf(
            ClientActor.create(
                settings, sink, meters, newest -> client.status = newest, client.done),
            "client-" + STARTED.incrementAndGet(),
            Props.empty());
    Cancellable task =
        CoordinatedShutdown.get(system)
            .addCancellableTask(
                CoordinatedShutdown.PhaseServiceStop(), "stop-client", client::stop);
    client.whenDone().whenComplete((end, failure) -> task.cancel());
    return client;
  }

  /** At this moment, give or take a tenth of a second. */
  public ClientStatus status() {
    return status;
  }

  /**
   * Completes when the client has ended and closed its sink: after {@link #stop}, or when it was to
   * run {@linkplain ClientSettings#once() once}. Fails when going on is pointless: the sink refuses
   * ({@link io.replicator.streams.SinkRefusedException}), or every hub does for a reason that
   * retrying does not change ({@link io.replicator.streams.receive.HubRefusedException}).
   */
  public CompletionStage<Done> whenDone() {
    return done.minimalCompletionStage();
  }

  /**
   * Ends the session, waits for applies under way (for a bounded time) and closes the sink.
   *
   * @return as {@link #whenDone}
   */
  public CompletionStage<Done> stop() {
    actor.tell(ClientActor.Stop.INSTANCE);
    return whenDone();
  }
}
