package io.replicator.app.demo;

import io.replicator.redis.embedded.RedisPipeline;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Keeps changing the source as an application would: few hot keys and many cold ones, every type,
 * transactions, TTLs, deletes and renames. The same seed makes the same commands. Confined to one
 * thread.
 */
final class Updates implements AutoCloseable {
  private static final int HOT_CITIES = 50;
  private static final int STREAM_LENGTH_MAX = 200;

  private final List<City> cities;
  private final SplittableRandom random;
  private final RedisPipeline catalogue;
  private final RedisPipeline indexes;
  private final RedisPipeline live;
  private long commands;

  Updates(int port, List<City> cities, long seed) throws IOException {
    this.cities = cities;
    this.random = new SplittableRandom(seed);
    this.catalogue = new RedisPipeline(port, DemoDatabases.CATALOGUE, DemoSites.PATIENCE);
    this.indexes = new RedisPipeline(port, DemoDatabases.INDEXES, DemoSites.PATIENCE);
    this.live = new RedisPipeline(port, DemoDatabases.LIVE, DemoSites.PATIENCE);
  }

  /** Commands executed so far. */
  long commands() {
    return commands;
  }

  /** About {@code count} commands, executed when this returns. */
  void step(int count) throws IOException {
    while (pending() < count) {
      change();
    }
    // By it, whoever reads a copy sees how old the copy is.
    live.add("SET", "clock", System.currentTimeMillis());
    commands += pending();
    live.flush();
    catalogue.flush();
    indexes.flush();
  }

  @Override
  public void close() throws IOException {
    live.close();
    catalogue.close();
    indexes.close();
  }

  private int pending() {
    return catalogue.pending() + indexes.pending() + live.pending();
  }

  private void change() throws IOException {
    City city = any();
    City hot = cities.get(random.nextInt(HOT_CITIES));
    String country = city.country();
    switch (random.nextInt(20)) {
      case 0, 1, 2, 3, 4 -> live.add("HSET", "live:" + hot.id(), "celsius", celsius(hot));
      case 5, 6, 7 -> visit(hot);
      case 8, 9 ->
          live.add(
              "XADD",
              "readings:" + country,
              "MAXLEN",
              STREAM_LENGTH_MAX,
              "*",
              "city",
              city.id(),
              "celsius",
              celsius(city));
      case 10, 11 -> catalogue.add("SET", "city:" + city.id(), revised(city));
      case 12 -> {
        catalogue.add("RPUSH", "cities:" + country, city.name());
        catalogue.add("LPOP", "cities:" + country);
      }
      case 13 -> indexes.add("SADD", "country:" + country, "district " + random.nextInt(50));
      case 14 -> indexes.add("SREM", "country:" + country, "district " + random.nextInt(50));
      case 15 -> indexes.add("ZINCRBY", "by-latitude", 0.001, city.id());
      case 16 -> {
        long ttlMs = 500L + random.nextInt(2_500);
        catalogue.add("SET", "visitor:" + random.nextInt(1_000), city.name(), "PX", ttlMs);
      }
      case 17 -> catalogue.add("PEXPIRE", "session:" + random.nextInt(200), 7_200_000);
      case 18 -> replaceByOtherType(city);
      default -> {
        indexes.add("SET", "draft:" + city.id(), revised(city));
        indexes.add("RENAME", "draft:" + city.id(), "published:" + random.nextInt(500));
      }
    }
  }

  /** A transaction: the count of the city and the ranking change together. */
  private void visit(City city) throws IOException {
    live.add("MULTI");
    live.add("HINCRBY", "live:" + city.id(), "visits", 1);
    live.add("ZINCRBY", "top", 1, city.id());
    live.add("INCR", "visits");
    live.add("EXEC");
  }

  private void replaceByOtherType(City city) throws IOException {
    String key = "note:" + random.nextInt(100);
    catalogue.add("DEL", key);
    if (random.nextBoolean()) {
      catalogue.add("HSET", key, "city", city.name(), "country", city.country());
    } else {
      catalogue.add("APPEND", key, city.name());
    }
  }

  private City any() {
    return cities.get(random.nextInt(cities.size()));
  }

  private String celsius(City city) {
    double now = 30 - Math.abs(city.latitude()) / 2 + random.nextInt(-50, 50) / 10.0;
    return String.format(Locale.ROOT, "%.1f", now);
  }

  private String revised(City city) {
    String json = city.json();
    return json.substring(0, json.length() - 1) + ",\"revision\":" + random.nextInt(1_000) + "}";
  }
}
