package io.replicator.app.demo;

import io.replicator.redis.embedded.RedisPipeline;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The cities as every type that Redis has, before anybody replicates.
 *
 * <pre>
 *   0  city:ID          string, JSON          cities:COUNTRY    list, names in order
 *      session:ID       string with a TTL     seen              HyperLogLog
 *   3  country:COUNTRY  set, names            by-latitude       zset
 *      geo              zset of positions     binary keys       string, every byte
 *   5  live:ID          hash, fields          readings:COUNTRY  stream
 *      top              zset, visits
 * </pre>
 */
final class InitialData {
  private static final int FLUSH_COMMANDS = 1000;
  private static final int READINGS_EVERY = 5;
  private static final int SESSIONS = 200;

  private final List<City> cities;

  InitialData(List<City> cities) {
    this.cities = cities;
  }

  void load(int port) throws IOException {
    try (var catalogue = new RedisPipeline(port, DemoDatabases.CATALOGUE, DemoSites.PATIENCE);
        var indexes = new RedisPipeline(port, DemoDatabases.INDEXES, DemoSites.PATIENCE);
        var live = new RedisPipeline(port, DemoDatabases.LIVE, DemoSites.PATIENCE)) {
      for (City city : cities) {
        loadCity(city, catalogue, indexes, live);
        for (RedisPipeline pipeline : List.of(catalogue, indexes, live)) {
          if (pipeline.pending() >= FLUSH_COMMANDS) {
            pipeline.flush();
          }
        }
      }
      loadTimed(catalogue);
      loadBinary(indexes);
      catalogue.flush();
      indexes.flush();
      live.flush();
    }
  }

  private static void loadCity(
      City city, RedisPipeline catalogue, RedisPipeline indexes, RedisPipeline live)
      throws IOException {
    catalogue.add("SET", "city:" + city.id(), city.json());
    catalogue.add("RPUSH", "cities:" + city.country(), city.name());
    catalogue.add("PFADD", "seen", city.name());
    indexes.add("SADD", "country:" + city.country(), city.name());
    indexes.add("ZADD", "by-latitude", city.latitude(), city.id());
    if (Math.abs(city.latitude()) < 85) {
      indexes.add("GEOADD", "geo", city.longitude(), city.latitude(), city.id());
    }
    live.add(
        "HSET",
        "live:" + city.id(),
        "name",
        city.name(),
        "country",
        city.country(),
        "celsius",
        String.format(java.util.Locale.ROOT, "%.1f", 30 - Math.abs(city.latitude()) / 2),
        "visits",
        0);
    live.add("ZADD", "top", 0, city.id());
    if (city.id() % READINGS_EVERY == 0) {
      live.add(
          "XADD", "readings:" + city.country(), "*", "city", city.id(), "lat", city.latitude());
    }
  }

  /** Some end while the demonstration runs, most after it. */
  private static void loadTimed(RedisPipeline catalogue) throws IOException {
    for (int i = 0; i < SESSIONS; i++) {
      long ttlMs = i % 4 == 0 ? 2_000 + 20L * i : 3_600_000 + i;
      catalogue.add("SET", "session:" + i, "token " + i, "PX", ttlMs);
    }
  }

  private static void loadBinary(RedisPipeline indexes) throws IOException {
    byte[] value = new byte[256];
    for (int b = 0; b < value.length; b++) {
      value[b] = (byte) b;
    }
    byte[] prefix = "binary:".getBytes(StandardCharsets.US_ASCII);
    for (int b = 0; b < 256; b++) {
      byte[] key = java.util.Arrays.copyOf(prefix, prefix.length + 1);
      key[prefix.length] = (byte) b;
      indexes.add("SET", key, value);
    }
    indexes.add("SET", "empty", "");
  }
}
