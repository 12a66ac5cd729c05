package io.replicator.app.client;

import io.replicator.actors.client.ClientStatus;
import io.replicator.app.text.Units;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar on the terminal while a load is under way: keys, bytes, rate, time left. */
final class ProgressBarView implements ProgressView {
  private static final int UPDATE_MS = 250;
  private ProgressBar bar;

  @Override
  public void show(ClientStatus status, long nowNs) {
    LoadProgress progress = LoadProgress.of(status);
    if (!progress.underWay()) {
      if (bar != null) {
        update(progress);
      }
      close();
      return;
    }
    if (bar == null) {
      bar =
          new ProgressBarBuilder()
              .setTaskName("Loading")
              .setInitialMax(Math.max(1, progress.keysExpected()))
              .setUnit(" keys", 1)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(UPDATE_MS)
              .showSpeed()
              .setConsumer(new ConsoleProgressBarConsumer(System.err))
              .build();
    }
    update(progress);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }

  private void update(LoadProgress progress) {
    bar.maxHint(Math.max(1, progress.keysExpected()));
    bar.stepTo(progress.keysLoaded());
    bar.setExtraMessage(" " + Units.bytes(progress.receivedBytes()) + " received");
  }
}
