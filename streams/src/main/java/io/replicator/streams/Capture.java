package io.replicator.streams;

import java.io.IOException;

/**
 * Turns a source's changes into commits of a store: the seam that capture from Redis implements.
 * One object lives through one connection attempt and its stream; its owner makes a new one after a
 * failure.
 */
public interface Capture {
  /**
   * Captures until {@link #stop} or a failure. Blocks: runs on a dispatcher of its own.
   *
   * @throws IOException when the source is unreachable, refuses or breaks off; the message says
   *     what failed, where, and what to do
   */
  void run() throws IOException;

  /**
   * Makes {@link #run} return soon, everything it has stored being consistent. Any thread, any
   * time.
   */
  void stop();

  /**
   * As {@link #stop}, but not before everything is stored that the source holds now. May block
   * while it asks the source. Whoever is out of patience calls {@link #stop}.
   */
  default void finish() {
    stop();
  }

  /** How it goes. Any thread. */
  SourceStatus status();
}
