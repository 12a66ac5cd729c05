package io.replicator.app.client;

import io.replicator.actors.client.ClientStatus;
import io.replicator.app.text.Units;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A line in the log every 10 s while a load is under way. */
final class ProgressLines implements ProgressView {
  private static final Logger log = LoggerFactory.getLogger(ProgressLines.class);
  private static final long INTERVAL_NS = TimeUnit.SECONDS.toNanos(10);

  private LoadProgress last;
  private long lastNs;

  @Override
  public void show(ClientStatus status, long nowNs) {
    LoadProgress now = LoadProgress.of(status);
    if (!now.underWay()) {
      last = null;
      return;
    }
    if (last == null) {
      last = now;
      lastNs = nowNs;
    } else if (nowNs - lastNs >= INTERVAL_NS) {
      log.info("{}", describe(last, now, nowNs - lastNs));
      last = now;
      lastNs = nowNs;
    }
  }

  static String describe(LoadProgress before, LoadProgress now, long elapsedNs) {
    double seconds = elapsedNs / 1e9;
    double keysPerSecond = Math.max(0, now.keysLoaded() - before.keysLoaded()) / seconds;
    long left = now.keysExpected() - now.keysLoaded();
    String timeLeft =
        keysPerSecond > 0 && left > 0
            ? Units.time(Duration.ofSeconds(Math.round(left / keysPerSecond))) + " left"
            : "time left unknown";
    return String.format(
        "loading: %s of about %s keys (%d %%), %s received, %s keys/s, %s",
        Units.count(now.keysLoaded()),
        Units.count(now.keysExpected()),
        Math.round(100 * now.part()),
        Units.bytes(now.receivedBytes()),
        Units.count(Math.round(keysPerSecond)),
        timeLeft);
  }

  @Override
  public void close() {}
}
