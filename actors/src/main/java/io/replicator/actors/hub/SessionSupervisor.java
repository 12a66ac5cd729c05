package io.replicator.actors.hub;

import io.replicator.protocol.v1.Refusal;
import io.replicator.streams.send.SessionControl;
import io.replicator.streams.send.SessionStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * Admits sessions, up to a limit, and speaks for all of them. A session is a graph that runs with
 * its connection, whoever made that: it has no actor of its own, only a handle here, from its
 * arrival to its end.
 *
 * <pre>
 *   admitting ──DrainAll──▶ draining: newcomers are refused; stops after the last session
 *       └──────AbortAll──────▶  the same, without waiting for clients
 * </pre>
 */
final class SessionSupervisor extends AbstractBehavior<SessionSupervisor.Command> {
  /** What the supervisor is told. */
  public sealed interface Command {}

  /** A client has connected, and waits to be admitted. */
  record Arrived(SessionControl session) implements Command {}

  record Established(SessionControl session, String clientName) implements Command {}

  record Ended(SessionControl session, SessionStatus last, String reason) implements Command {}

  /** Asks how all the sessions are. */
  public record GetSessions(ActorRef<SessionSurvey> replyTo) implements Command {}

  /** Let every session finish, then stop. */
  public record DrainAll(String reason) implements Command {}

  /** Do not wait any longer. */
  public record AbortAll(String reason) implements Command {}

  private record Answered(SessionRoster.Answers answers) implements Command {}

  /** An admitted session; the name is empty until the handshake is done. */
  private record Admitted(long id, String clientName) {}

  private final int sessionsMax;
  private final Map<SessionControl, Admitted> sessions = new HashMap<>();
  private final SessionRoster roster = new SessionRoster();
  // They get the survey that is under way.
  private final List<ActorRef<SessionSurvey>> waiting = new ArrayList<>();
  private long lastSessionId;
  private boolean draining;

  static Behavior<Command> create(int sessionsMax) {
    return Behaviors.setup(context -> new SessionSupervisor(context, sessionsMax));
  }

  private SessionSupervisor(ActorContext<Command> context, int sessionsMax) {
    super(context);
    this.sessionsMax = sessionsMax;
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Arrived.class, this::onArrived)
        .onMessage(Established.class, this::onEstablished)
        .onMessage(Ended.class, this::onEnded)
        .onMessage(GetSessions.class, this::onGetSessions)
        .onMessage(Answered.class, this::onAnswered)
        .onMessage(DrainAll.class, this::onDrainAll)
        .onMessage(AbortAll.class, this::onAbortAll)
        .onSignal(PostStop.class, signal -> onPostStop())
        .build();
  }

  private Behavior<Command> onArrived(Arrived arrived) {
    SessionControl session = arrived.session();
    if (draining) {
      session.refuse(Refusal.Reason.SHUTTING_DOWN, "the hub is stopping");
    } else if (sessions.size() >= sessionsMax) {
      session.refuse(
          Refusal.Reason.TOO_MANY_SESSIONS,
          "this hub serves " + sessionsMax + " sessions at a time");
    } else {
      long id = ++lastSessionId;
      sessions.put(session, new Admitted(id, ""));
      roster.began(id, session);
      session.admit(id);
    }
    return this;
  }

  private Behavior<Command> onEstablished(Established established) {
    SessionControl session = established.session();
    Admitted admitted =
        sessions.computeIfPresent(
            session, (ignored, before) -> new Admitted(before.id(), established.clientName()));
    if (admitted != null) {
      getContext()
          .getLog()
          .info(
              "session {} began: {} from {}",
              admitted.id(),
              admitted.clientName(),
              session.address());
    }
    return this;
  }

  private Behavior<Command> onEnded(Ended ended) {
    Admitted admitted = sessions.remove(ended.session());
    if (admitted != null) {
      roster.ended(admitted.id(), ended.last());
    }
    if (admitted != null && !admitted.clientName().isEmpty()) {
      getContext()
          .getLog()
          .info("session {} of {} ended: {}", admitted.id(), admitted.clientName(), ended.reason());
    }
    return draining && sessions.isEmpty() ? Behaviors.stopped() : this;
  }

  private Behavior<Command> onGetSessions(GetSessions get) {
    SessionSurvey fresh = roster.fresh(System.nanoTime());
    if (fresh != null) {
      get.replyTo().tell(fresh);
      return this;
    }
    waiting.add(get.replyTo());
    if (waiting.size() == 1) {
      getContext().pipeToSelf(roster.ask(), (answers, error) -> new Answered(answers));
    }
    return this;
  }

  private Behavior<Command> onAnswered(Answered answered) {
    SessionSurvey survey = roster.surveyed(answered.answers(), System.nanoTime());
    waiting.forEach(asker -> asker.tell(survey));
    waiting.clear();
    return this;
  }

  private Behavior<Command> onDrainAll(DrainAll drain) {
    draining = true;
    sessions.keySet().forEach(session -> session.drain(drain.reason()));
    return sessions.isEmpty() ? Behaviors.stopped() : this;
  }

  private Behavior<Command> onAbortAll(AbortAll abort) {
    draining = true;
    sessions.keySet().forEach(session -> session.abort(abort.reason()));
    return sessions.isEmpty() ? Behaviors.stopped() : this;
  }

  private Behavior<Command> onPostStop() {
    sessions.keySet().forEach(session -> session.abort("the hub stops"));
    return this;
  }
}
