package io.replicator.app.verify;

import io.replicator.app.process.StandardStream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar on the terminal while two places are compared; nothing where nobody watches. */
final class ComparisonProgress implements AutoCloseable {
  private final ProgressBar barOrNull;

  private ComparisonProgress(ProgressBar barOrNull) {
    this.barOrNull = barOrNull;
  }

  static ComparisonProgress forThisProcess() {
    if (!StandardStream.ERR.isTerminal()) {
      return new ComparisonProgress(null);
    }
    return new ComparisonProgress(
        new ProgressBarBuilder()
            .setTaskName("Comparing")
            .setInitialMax(-1)
            .setUnit(" keys", 1)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(250)
            .showSpeed()
            .setConsumer(new ConsoleProgressBarConsumer(System.err))
            .build());
  }

  void show(long keys, long keysExpected) {
    if (barOrNull != null) {
      barOrNull.maxHint(Math.max(keys, keysExpected));
      barOrNull.stepTo(keys);
    }
  }

  @Override
  public void close() {
    if (barOrNull != null) {
      barOrNull.close();
    }
  }
}
