package io.replicator.streams.send;

import io.replicator.protocol.v1.Refusal;
import java.util.concurrent.CompletionStage;

/** What the owner of a running {@link SessionStage} holds. Any thread. */
public interface SessionControl {
  /** Of the client, for people. */
  String address();

  /** Lets the session begin, under this number. */
  void admit(long sessionId);

  /** Tells the client why there is no session for it, and ends. */
  void refuse(Refusal.Reason reason, String detail);

  /** Answers as long as the stage runs; the caller sets a time limit. */
  CompletionStage<SessionStatus> status();

  /** Ends the session as soon as the client has everything. */
  void drain(String reason);

  /** Ends the session now, with a word to the client. */
  void close(String reason);

  /** Ends the session now, even if the client takes nothing. */
  void abort(String reason);
}
