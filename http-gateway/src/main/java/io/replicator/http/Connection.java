package io.replicator.http;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.apache.pekko.Done;

/**
 * One connection as its requests and its guard see it. Any thread; at most one exchange at a time,
 * because the server reads a request only when the answer before it is on its way.
 */
final class Connection {
  private final Consumer<Connection> onClosed;
  private CompletableFuture<Done> gone = CompletableFuture.completedFuture(Done.getInstance());
  private boolean exchanging;
  private boolean upgraded;
  private boolean ended;
  private long requests;
  private Runnable close = () -> {};

  /**
   * @param onClosed is told when nothing of the connection is left
   */
  Connection(Consumer<Connection> onClosed) {
    this.onClosed = onClosed;
  }

  /**
   * A request has arrived.
   *
   * @return completes when nobody waits for its answer any more
   */
  synchronized CompletionStage<Done> begin() {
    requests++;
    exchanging = true;
    gone = new CompletableFuture<>();
    if (ended) {
      gone.complete(Done.getInstance());
    }
    return gone;
  }

  /** Its answer has been sent, or will not be. */
  synchronized void end() {
    exchanging = false;
  }

  /** What follows is not HTTP any more. */
  synchronized void upgrade() {
    upgraded = true;
  }

  synchronized boolean isExchanging() {
    return exchanging;
  }

  synchronized boolean isUpgraded() {
    return upgraded;
  }

  /** How many have arrived. */
  synchronized long requests() {
    return requests;
  }

  /** The client is gone. */
  void lost() {
    CompletableFuture<Done> waiting;
    synchronized (this) {
      ended = true;
      waiting = gone;
    }
    waiting.complete(Done.getInstance());
  }

  /**
   * @param newClose ends the connection at once; any thread
   */
  synchronized void onClose(Runnable newClose) {
    close = newClose;
  }

  /** Nothing of it is left. */
  void closed() {
    lost();
    onClosed.accept(this);
  }

  void close() {
    Runnable closing;
    synchronized (this) {
      closing = close;
    }
    closing.run();
  }
}
