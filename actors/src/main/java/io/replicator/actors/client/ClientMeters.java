package io.replicator.actors.client;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.replicator.streams.Feed;
import io.replicator.streams.FeedKey;
import io.replicator.streams.receive.FeedTally;
import io.replicator.streams.receive.Session;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * The meters of one client. Counters go on over reconnects. They are computed when they are read,
 * from the tallies of the session, so moving data does not touch them. Confined to the actor, but
 * for reading.
 */
final class ClientMeters {
  private final MeterRegistry registry;
  private final Tags tags;
  private final List<Meter> meters = new ArrayList<>();
  private final Map<FeedKey, FeedMeters> feeds = new HashMap<>();
  private final Map<String, Counter> unsupported = new HashMap<>();
  private final Counter reconnects;

  ClientMeters(MeterRegistry registry, String client) {
    this.registry = registry;
    this.tags = Tags.of("client", client);
    this.reconnects =
        keep(
            Counter.builder("replicator.client.reconnects")
                .description("Connections lost or failed, each followed by another attempt")
                .tags(tags)
                .register(registry));
  }

  void reconnected() {
    reconnects.increment();
  }

  void unsupported(String kind, long count) {
    unsupported
        .computeIfAbsent(
            kind,
            k ->
                keep(
                    Counter.builder("replicator.client.unsupported")
                        .description("Records that the sink cannot hold")
                        .tags(tags)
                        .tag("kind", k)
                        .register(registry)))
        .increment((double) count);
  }

  void opened(Session session) {
    for (Session.SessionFeed feed : session.feeds()) {
      feeds.computeIfAbsent(feed.feed().key(), key -> register(feed.feed())).follow(feed.tally());
    }
  }

  private FeedMeters register(Feed feed) {
    var source = new FeedMeters();
    Tags feedTags =
        tags.and(
            "database",
            feed.database(),
            "qos",
            feed.level().name().toLowerCase(Locale.ROOT),
            "feed",
            feed.key().fingerprint());
    count("records", "Records applied", null, source, FeedMeters::records, feedTags);
    count("received", "Chunks on the wire", "bytes", source, FeedMeters::receivedBytes, feedTags);
    count(
        "plain", "Batches after decompression", "bytes", source, FeedMeters::plainBytes, feedTags);
    gauge("lag", "From pull to apply, newest batch", "ms", source, FeedMeters::lagMs, feedTags);
    gauge("version", "Applied", null, source, FeedMeters::version, feedTags);
    gauge("head", "Of the hub, as last heard", null, source, FeedMeters::head, feedTags);
    return source;
  }

  private void count(
      String name,
      String description,
      String unit,
      FeedMeters source,
      ToDoubleFunction<FeedMeters> value,
      Tags feedTags) {
    keep(
        FunctionCounter.builder("replicator.client." + name, source, value)
            .description(description)
            .baseUnit(unit)
            .tags(feedTags)
            .register(registry));
  }

  private void gauge(
      String name,
      String description,
      String unit,
      FeedMeters source,
      ToDoubleFunction<FeedMeters> value,
      Tags feedTags) {
    keep(
        Gauge.builder("replicator.client." + name, source, value)
            .description(description)
            .baseUnit(unit)
            .tags(feedTags)
            .strongReference(true)
            .register(registry));
  }

  private <M extends Meter> M keep(M meter) {
    meters.add(meter);
    return meter;
  }

  void close() {
    meters.forEach(registry::remove);
  }

  /** One feed over all of its sessions. Thread-safe. */
  private static final class FeedMeters {
    private long recordsBefore;
    private long receivedBytesBefore;
    private long plainBytesBefore;
    private FeedTally tally;

    synchronized void follow(FeedTally next) {
      if (tally != null) {
        recordsBefore += tally.records();
        receivedBytesBefore += tally.receivedBytes();
        plainBytesBefore += tally.plainBytes();
      }
      tally = next;
    }

    synchronized double records() {
      return recordsBefore + tally.records();
    }

    synchronized double receivedBytes() {
      return receivedBytesBefore + tally.receivedBytes();
    }

    synchronized double plainBytes() {
      return plainBytesBefore + tally.plainBytes();
    }

    synchronized double lagMs() {
      return tally.lagMs();
    }

    synchronized double version() {
      return tally.version();
    }

    synchronized double head() {
      return tally.head();
    }
  }
}
