package io.replicator.actors.hub;

import io.replicator.streams.send.SessionControl;
import io.replicator.streams.send.SessionOffer;
import io.replicator.streams.send.SessionOwner;
import io.replicator.streams.send.SessionStage;
import io.replicator.streams.send.SessionStatus;
import io.replicator.streams.send.SharedBlocks;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.util.ByteString;

/**
 * Where sessions come from: whoever has a connection joins it with a {@link #flow}. The {@link
 * SessionSupervisor} then decides about it, and counts it until it ends. Any thread.
 */
final class Sessions implements SessionOwner {
  private final SessionOffer offer;
  private final SharedBlocks blocks;
  private final ActorRef<SessionSupervisor.Command> supervisor;

  Sessions(
      SessionOffer offer, SharedBlocks blocks, ActorRef<SessionSupervisor.Command> supervisor) {
    this.offer = offer;
    this.blocks = blocks;
    this.supervisor = supervisor;
  }

  /** A session each time that it is materialised. */
  Flow<ByteString, ByteString, NotUsed> flow(String transport, String address) {
    return Flow.fromGraph(new SessionStage(transport, address, offer, blocks, this));
  }

  @Override
  public void arrived(SessionControl session) {
    supervisor.tell(new SessionSupervisor.Arrived(session));
  }

  @Override
  public void established(SessionControl session, String clientName) {
    supervisor.tell(new SessionSupervisor.Established(session, clientName));
  }

  @Override
  public void ended(SessionControl session, SessionStatus last, String reason) {
    supervisor.tell(new SessionSupervisor.Ended(session, last, reason));
  }
}
