package io.replicator.app.process;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waiting for what others do, on the command's own thread, which has nothing else to do. */
public final class Stages {
  private Stages() {}

  /**
   * @throws TimeoutException when {@code stage} is not complete after {@code patience}
   */
  public static <T> T await(CompletionStage<T> stage, Duration patience) throws Exception {
    try {
      return stage.toCompletableFuture().get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new TimeoutException("no answer in " + patience.toSeconds() + " s");
    }
  }
}
