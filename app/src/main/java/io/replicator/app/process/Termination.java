package io.replicator.app.process;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.jline.utils.Signals;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The wish of somebody outside that this process ends: SIGTERM or SIGINT. The first one asks for an
 * orderly end, the second one gets it at once.
 */
public final class Termination {
  private static final Logger log = LoggerFactory.getLogger(Termination.class);
  private static final int EXIT_AT_ONCE = 130;

  private final CompletableFuture<Done> wished = new CompletableFuture<>();

  private Termination() {}

  /** From now on, the signals no longer end the JVM by themselves. */
  public static Termination onSignals() {
    var termination = new Termination();
    for (String signal : new String[] {"TERM", "INT"}) {
      Signals.register(signal, () -> termination.signalled(signal));
    }
    return termination;
  }

  /** Completes when the end is wished for. */
  public CompletionStage<Done> wished() {
    return wished;
  }

  private void signalled(String signal) {
    if (wished.complete(Done.getInstance())) {
      log.info("SIG{} received: ending in order, a second one ends at once", signal);
    } else {
      Runtime.getRuntime().halt(EXIT_AT_ONCE);
    }
  }
}
