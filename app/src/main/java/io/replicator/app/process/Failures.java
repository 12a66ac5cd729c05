package io.replicator.app.process;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What went wrong, in words for people. */
public final class Failures {
  private static final Logger log = LoggerFactory.getLogger(Failures.class);

  private Failures() {}

  /** Something that may fail without consequences beyond a line in the log. */
  @FunctionalInterface
  public interface Attempt {
    void run() throws Exception;
  }

  /** Goes on when {@code attempt} fails: for closing, where the next thing must be closed too. */
  public static void logged(String what, Attempt attempt) {
    try {
      attempt.run();
    } catch (Exception e) {
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      log.warn("{}: {}", what, message(e));
    }
  }

  /** What a stage failed with, without what wraps it. */
  public static Throwable unwrap(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  /** Messages that are sentences speak for themselves; others need their kind to mean something. */
  public static String message(Throwable failure) {
    Throwable cause = unwrap(failure);
    boolean telling = cause.getMessage() != null && cause.getMessage().contains(" ");
    return telling ? cause.getMessage() : cause.toString();
  }
}
