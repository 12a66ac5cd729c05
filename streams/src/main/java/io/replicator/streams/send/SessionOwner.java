package io.replicator.streams.send;

/**
 * Who decides about sessions and hears of their lives. Called by the threads of the sessions, in
 * order for each; must not block.
 */
public interface SessionOwner {
  /**
   * A connection is there. Nothing of it is read before {@link SessionControl#admit} or {@link
   * SessionControl#refuse}.
   */
  void arrived(SessionControl session);

  /** The handshake is done. */
  void established(SessionControl session, String clientName);

  /**
   * The session is gone, after its last words were heard out.
   *
   * @param last how it was
   * @param reason for people
   */
  void ended(SessionControl session, SessionStatus last, String reason);
}
