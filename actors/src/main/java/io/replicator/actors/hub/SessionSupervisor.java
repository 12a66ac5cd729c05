package io.replicator.actors.hub;

import io.replicator.protocol.Frames;
import io.replicator.protocol.v1.Frame;
import io.replicator.protocol.v1.Refusal;
import io.replicator.streams.send.SessionControl;
import io.replicator.streams.send.SessionOffer;
import io.replicator.streams.send.SessionStatus;
import io.replicator.streams.send.SharedBlocks;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * Spawns one {@link SessionActor} for each connection, up to a limit, and speaks for all of them.
 * When told to stop it drains them, aborts those that take too long, and stops after the last one.
 */
final class SessionSupervisor extends AbstractBehavior<SessionSupervisor.Command> {
  /** A session that has not answered by then is left out of the status: it is just ending. */
  private static final long STATUS_TIMEOUT_MS = 1_000;

  private static final Duration REFUSAL_LINGER = Duration.ofSeconds(2);

  /** What the supervisor is told. */
  public sealed interface Command {}

  /** A client has connected; {@code connection} turns what is sent into what is received. */
  public record Connected(String address, Flow<ByteString, ByteString, ?> connection)
      implements Command {}

  record Running(long sessionId, SessionControl control) implements Command {}

  private record Ended(long sessionId) implements Command {}

  /** Asks every session how it is. */
  public record GetSessions(ActorRef<List<SessionStatus>> replyTo) implements Command {}

  /** Let every session finish, then stop. */
  public record DrainAll(String reason) implements Command {}

  /** Do not wait any longer. */
  public record AbortAll(String reason) implements Command {}

  private record Collected(List<SessionStatus> sessions, ActorRef<List<SessionStatus>> replyTo)
      implements Command {}

  private final SessionOffer offer;
  private final SharedBlocks blocks;
  private final int sessionsMax;
  private final Map<Long, ActorRef<SessionActor.Command>> sessions = new HashMap<>();
  private final Map<Long, SessionControl> controls = new HashMap<>();
  private long lastSessionId;
  private boolean draining;

  static Behavior<Command> create(SessionOffer offer, SharedBlocks blocks, int sessionsMax) {
    return Behaviors.setup(context -> new SessionSupervisor(context, offer, blocks, sessionsMax));
  }

  private SessionSupervisor(
      ActorContext<Command> context, SessionOffer offer, SharedBlocks blocks, int sessionsMax) {
    super(context);
    this.offer = offer;
    this.blocks = blocks;
    this.sessionsMax = sessionsMax;
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Connected.class, this::onConnected)
        .onMessage(Running.class, this::onRunning)
        .onMessage(Ended.class, this::onEnded)
        .onMessage(GetSessions.class, this::onGetSessions)
        .onMessage(Collected.class, this::onCollected)
        .onMessage(DrainAll.class, this::onDrainAll)
        .onMessage(AbortAll.class, this::onAbortAll)
        .build();
  }

  private Behavior<Command> onConnected(Connected connected) {
    if (draining) {
      refuse(connected, Refusal.Reason.SHUTTING_DOWN, "the hub is stopping");
      return this;
    }
    if (sessions.size() >= sessionsMax) {
      refuse(
          connected,
          Refusal.Reason.TOO_MANY_SESSIONS,
          "this hub serves " + sessionsMax + " sessions at a time");
      return this;
    }
    long id = ++lastSessionId;
    ActorRef<SessionActor.Command> session =
        getContext()
            .spawn(
                SessionActor.create(
                    id,
                    connected.address(),
                    connected.connection(),
                    offer,
                    blocks,
                    getContext().getSelf()),
                "session-" + id);
    sessions.put(id, session);
    getContext().watchWith(session, new Ended(id));
    return this;
  }

  private void refuse(Connected connected, Refusal.Reason reason, String detail) {
    getContext().getLog().info("connection from {} refused: {}", connected.address(), detail);
    Frame frame =
        Frame.newBuilder()
            .setRefusal(Refusal.newBuilder().setReason(reason).setDetail(detail))
            .build();
    connected
        .connection()
        .runWith(
            Source.single(ByteString.fromArrayUnsafe(Frames.encode(frame))),
            // Closing at once would reset the connection, and the refusal would be lost.
            Flow.<ByteString>create().takeWithin(REFUSAL_LINGER).to(Sink.ignore()),
            SystemMaterializer.get(getContext().getSystem()).materializer());
  }

  private Behavior<Command> onRunning(Running running) {
    if (sessions.containsKey(running.sessionId())) {
      controls.put(running.sessionId(), running.control());
    }
    return this;
  }

  private Behavior<Command> onEnded(Ended ended) {
    sessions.remove(ended.sessionId());
    controls.remove(ended.sessionId());
    return draining && sessions.isEmpty() ? Behaviors.stopped() : this;
  }

  private Behavior<Command> onGetSessions(GetSessions get) {
    List<CompletableFuture<SessionStatus>> asked =
        controls.values().stream()
            .map(SessionControl::status)
            .map(CompletionStage::toCompletableFuture)
            .map(status -> status.completeOnTimeout(null, STATUS_TIMEOUT_MS, TimeUnit.MILLISECONDS))
            .toList();
    CompletableFuture<Void> all = CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new));
    getContext()
        .pipeToSelf(
            all,
            (done, error) ->
                new Collected(
                    asked.stream()
                        .map(CompletableFuture::join)
                        .filter(Objects::nonNull)
                        .sorted(Comparator.comparingLong(SessionStatus::id))
                        .toList(),
                    get.replyTo()));
    return this;
  }

  private Behavior<Command> onCollected(Collected collected) {
    collected.replyTo().tell(collected.sessions());
    return this;
  }

  private Behavior<Command> onDrainAll(DrainAll drain) {
    draining = true;
    sessions.values().forEach(session -> session.tell(new SessionActor.Drain(drain.reason())));
    return sessions.isEmpty() ? Behaviors.stopped() : this;
  }

  private Behavior<Command> onAbortAll(AbortAll abort) {
    draining = true;
    sessions.values().forEach(session -> session.tell(new SessionActor.Abort(abort.reason())));
    return sessions.isEmpty() ? Behaviors.stopped() : this;
  }
}
