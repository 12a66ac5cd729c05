package io.replicator.redis.capture;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is not captured: counted by kind, and logged once per kind. Any thread. */
final class Unsupported {
  private static final Logger log = LoggerFactory.getLogger(RedisCapture.class);
  private static final int KINDS_MAX = 256;
  private static final String OTHER = "other";

  private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();

  /**
   * @param detail for the log: what exactly it was the first time
   */
  void count(String kind, String detail) {
    LongAdder count = counts.get(kind);
    if (count == null) {
      // Kinds may carry names of commands: their number is the source's to choose.
      String bounded = counts.size() < KINDS_MAX ? kind : OTHER;
      LongAdder made = new LongAdder();
      count = counts.putIfAbsent(bounded, made);
      if (count == null) {
        count = made;
        log.warn("not captured: {}: {}; further ones of this kind are only counted", kind, detail);
      }
    }
    count.increment();
  }

  Map<String, Long> counts() {
    Map<String, Long> snapshot = new TreeMap<>();
    counts.forEach((kind, count) -> snapshot.put(kind, count.sum()));
    return snapshot;
  }
}
