package io.replicator.actors.hub;

import io.replicator.streams.send.SessionControl;
import io.replicator.streams.send.SessionOffer;
import io.replicator.streams.send.SessionStage;
import io.replicator.streams.send.SharedBlocks;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.util.ByteString;

/**
 * Owns one client's session: materialises its graph, holds the handle that stops it, and dies with
 * it.
 *
 * <pre>
 *   running ──Drain──▶ draining ──(graph completed)──▶ stopped
 *      └──────Close, connection lost, refused──────────▶
 * </pre>
 */
final class SessionActor extends AbstractBehavior<SessionActor.Command> {
  /** What a session is told. */
  public sealed interface Command {}

  /** End when the client has everything. */
  public record Drain(String reason) implements Command {}

  /** End now, whatever the client does. */
  public record Abort(String reason) implements Command {}

  private record Established(String clientName) implements Command {}

  private record NotEstablished() implements Command {}

  private record Ended(Throwable error) implements Command {}

  private final long sessionId;
  private final String address;
  private final SessionControl control;
  private String clientName = "";

  static Behavior<Command> create(
      long sessionId,
      String address,
      Flow<ByteString, ByteString, ?> connection,
      SessionOffer offer,
      SharedBlocks blocks,
      ActorRef<SessionSupervisor.Command> supervisor) {
    return Behaviors.setup(
        context ->
            new SessionActor(context, sessionId, address, connection, offer, blocks, supervisor));
  }

  private SessionActor(
      ActorContext<Command> context,
      long sessionId,
      String address,
      Flow<ByteString, ByteString, ?> connection,
      SessionOffer offer,
      SharedBlocks blocks,
      ActorRef<SessionSupervisor.Command> supervisor) {
    super(context);
    this.sessionId = sessionId;
    this.address = address;
    Pair<SessionControl, CompletionStage<Done>> running =
        connection
            .mapMaterializedValue(ignored -> NotUsed.getInstance())
            .joinMat(
                Flow.fromGraph(new SessionStage(sessionId, address, offer, blocks))
                    .watchTermination(Keep.both()),
                Keep.right())
            .run(SystemMaterializer.get(context.getSystem()).materializer());
    this.control = running.first();
    supervisor.tell(new SessionSupervisor.Running(sessionId, control));
    context.pipeToSelf(
        control.established(),
        (name, error) -> error == null ? new Established(name) : new NotEstablished());
    // Its output ends first; aborting it then would reset the connection, and its last words with
    // it.
    context.pipeToSelf(
        running.second().thenCompose(done -> control.ended()), (done, error) -> new Ended(error));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Established.class, this::onEstablished)
        .onMessage(NotEstablished.class, message -> this)
        .onMessage(Drain.class, this::onDrain)
        .onMessage(Abort.class, this::onAbort)
        .onMessage(Ended.class, this::onEnded)
        .onSignal(PostStop.class, signal -> onPostStop())
        .build();
  }

  private Behavior<Command> onEstablished(Established established) {
    clientName = established.clientName();
    getContext().getLog().info("session {} began: {} from {}", sessionId, clientName, address);
    return this;
  }

  private Behavior<Command> onDrain(Drain drain) {
    control.drain(drain.reason());
    return this;
  }

  private Behavior<Command> onAbort(Abort abort) {
    control.abort(abort.reason());
    return this;
  }

  private Behavior<Command> onEnded(Ended ended) {
    if (!clientName.isEmpty()) {
      String why = ended.error() == null ? "closed" : String.valueOf(ended.error().getMessage());
      getContext().getLog().info("session {} of {} ended: {}", sessionId, clientName, why);
    }
    return Behaviors.stopped();
  }

  private Behavior<Command> onPostStop() {
    control.abort("the hub stops");
    return this;
  }
}
