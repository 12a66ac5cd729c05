package io.replicator.streams.send;

import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;

/** What the owner of a running {@link SessionStage} holds. Any thread. */
public interface SessionControl {
  /** The client's name once the handshake is done; fails where it never is. */
  CompletionStage<String> established();

  /**
   * Completes when the stage is gone: after its last words it hears the client out. Never fails.
   */
  CompletionStage<Done> ended();

  /** Answers as long as the stage runs; the caller sets a time limit. */
  CompletionStage<SessionStatus> status();

  /** Ends the session as soon as the client has everything. */
  void drain(String reason);

  /** Ends the session now, with a word to the client. */
  void close(String reason);

  /** Ends the session now, even if the client takes nothing. */
  void abort(String reason);
}
