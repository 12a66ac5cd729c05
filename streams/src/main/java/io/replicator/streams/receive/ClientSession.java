package io.replicator.streams.receive;

import io.replicator.protocol.v1.Hello;
import io.replicator.streams.BatchSink;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.stream.javadsl.BidiFlow;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.util.ByteString;

/**
 * One connection's work, from Hello to the last apply: the handle of the graph that {@link #flow}
 * makes, for its owner. Thread-safe.
 */
public final class ClientSession {
  private final ReceiveStage.Control link;
  private final ApplyStage.Outcome apply;

  private ClientSession(ReceiveStage.Control link, ApplyStage.Outcome apply) {
    this.link = link;
    this.apply = apply;
  }

  /**
   * What is to be joined with a connection to a hub.
   *
   * @param hello carries the cursors that {@code sink} holds at this moment
   */
  public static Flow<ByteString, ByteString, ClientSession> flow(
      Hello hello, BatchSink sink, ReceiveSettings settings, InstantSource clock) {
    BidiFlow<ByteString, Received, Progress, ByteString, ReceiveStage.Control> link =
        BidiFlow.fromGraph(new ReceiveStage(hello, settings, clock));
    Flow<Received, Progress, ApplyStage.Outcome> apply =
        Flow.<Received, Progress, ApplyStage.Outcome>fromGraph(
            new ApplyStage(sink, settings, clock));
    return link.join(apply, ClientSession::new);
  }

  /** The hub's Welcome was accepted and the sink is open; may never complete. */
  public CompletionStage<Session> opened() {
    return apply.opened();
  }

  /**
   * Every feed has been at a frontier that includes its head of the session's start; may never
   * complete.
   */
  public CompletionStage<Done> caughtUp() {
    return apply.caughtUp();
  }

  /**
   * The session has ended and no apply is under way: normally after {@link #stop}; otherwise fails
   * with a {@link HubRefusedException}, {@link SinkFailedException}, {@link LinkLostException} or
   * {@link io.replicator.protocol.WireException}.
   */
  public CompletionStage<Done> done() {
    return apply.done();
  }

  /** Ends the session with a Goodbye, and with whatever is being applied at this moment. */
  public void stop(String reason) {
    link.stop(reason);
    apply.stop();
  }
}
