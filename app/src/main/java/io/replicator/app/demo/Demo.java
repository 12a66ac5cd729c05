package io.replicator.app.demo;

import io.replicator.actors.client.ClientStatus;
import io.replicator.actors.hub.HubStatus;
import io.replicator.app.process.FailureException;
import io.replicator.app.process.Failures;
import io.replicator.app.process.Stages;
import io.replicator.app.process.Termination;
import io.replicator.app.text.Units;
import io.replicator.app.verify.Verification;
import io.replicator.redis.connection.RedisAddress;
import io.replicator.redis.embedded.RedisPipeline;
import io.replicator.streams.SourceStatus;
import io.replicator.streams.verify.Comparison;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/**
 * The demonstration from start to proof:
 *
 * <pre>
 *   two servers, data in one ▸ hub captures ▸ client loads ▸ updates ▸ writes stop ▸ compare
 * </pre>
 *
 * Confined to the command's thread.
 */
public final class Demo {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration UPDATES = Duration.ofSeconds(5);
  private static final long LOOK_MS = 10;

  private final PrintWriter out;
  private final Termination termination;

  // What ends waiting early: a signal, until it has ended the updates; a second one ends the JVM.
  private CompletableFuture<?> interruption;

  public Demo(PrintWriter out, Termination termination) {
    this.out = out;
    this.termination = termination;
    this.interruption = termination.wished().toCompletableFuture();
  }

  /**
   * Runs it.
   *
   * @param http where the pages are served
   * @param once end by itself after some seconds of updates; otherwise when somebody says so
   * @return the exit code: 0 when the copy equals its source, 1 when it does not
   */
  public int run(String http, boolean once) {
    try (DemoSites sites = DemoSites.start()) {
      say(
          String.format(
              "source %s, copy %s: two servers, started for this",
              sites.source().uri(), sites.copy().uri()));
      List<City> cities = City.all();
      new InitialData(cities).load(sites.source().port());
      long keys = keys(sites.source().port());
      say(
          String.format(
              "source: %s keys of every type from %s cities (GeoNames, CC BY 4.0), databases %s",
              Units.count(keys), Units.count(cities.size()), DemoDatabases.ALL));

      long startNs = System.nanoTime();
      sites.startHub(http);
      await("the hub to capture the source", () -> captured(status(sites)));
      say(String.format("hub: captured in %s", since(startNs)));
      say("page: " + sites.page("/demo") + " shows the data changing, live");
      say("operator's page: " + sites.page("/"));

      long loadNs = System.nanoTime();
      sites.startClient(out);
      await("the client to load", () -> live(sites.client().client().status()));
      double loadSeconds = (System.nanoTime() - loadNs) / 1e9;
      say(String.format("client: loaded in %s, and follows", since(loadNs)));

      Traffic traffic = Traffic.start(sites, cities);
      boolean interrupted = false;
      if (once) {
        interrupted = pause(traffic, UPDATES);
      } else {
        LiveOutput.forThisProcess(sites, out).watch(traffic.broken(), termination);
      }
      Traffic.Result result = traffic.stop();
      if (interrupted) {
        throw new FailureException("ended by a signal, before the proof");
      }
      interruption = new CompletableFuture<>();
      say("writes have stopped, waiting for the copy");
      long catchUpNs = System.nanoTime();
      markAndAwait(sites);
      String catchUp = since(catchUpNs);
      HubStatus hub = status(sites);
      Comparison comparison = compare(sites);
      out.print(new DemoSummary(keys, loadSeconds, result, catchUp, hub, comparison).text());
      out.flush();
      return comparison.equal() ? 0 : 1;
    } catch (IOException e) {
      throw new FailureException("the demonstration broke off: " + e.getMessage(), e);
    }
  }

  /** Whether every database of the source has been stored once. */
  private static boolean captured(HubStatus hub) {
    return hub.sources().stream().allMatch(source -> source.state() == SourceStatus.State.STREAMING)
        && hub.databases().size() == DemoDatabases.ALL.size()
        && hub.databases().stream()
            .allMatch(database -> !database.loading() && database.keys() > 0);
  }

  private static boolean live(ClientStatus client) {
    return client.feeds().size() == DemoDatabases.ALL.size()
        && client.feeds().stream().allMatch(feed -> feed.state().equals("live"));
  }

  /** A last change in every database: once the copy has it, it has all before it. */
  private void markAndAwait(DemoSites sites) throws IOException {
    byte[] mark = "end".getBytes(StandardCharsets.US_ASCII);
    for (int database : DemoDatabases.ALL) {
      try (var source = new RedisPipeline(sites.source().port(), database, DemoSites.PATIENCE);
          var copy = new RedisPipeline(sites.copy().port(), database, DemoSites.PATIENCE)) {
        source.add("SET", "demo:mark", mark).flush();
        await(
            "the copy to catch up with database " + database,
            () -> {
              try {
                return Arrays.equals((byte[]) copy.add("GET", "demo:mark").flush().get(0), mark);
              } catch (IOException e) {
                throw new FailureException("the copy does not answer: " + e.getMessage(), e);
              }
            });
      }
    }
  }

  private static Comparison compare(DemoSites sites) {
    long keys = 0;
    long differing = 0;
    List<String> first = new ArrayList<>();
    for (int database : DemoDatabases.ALL) {
      Comparison one =
          Verification.compare(
              RedisAddress.parse(sites.source().uri() + "/" + database),
              RedisAddress.parse(sites.copy().uri() + "/" + database),
              (compared, expected) -> {});
      keys += one.keys();
      differing += one.differences();
      first.addAll(one.examples());
    }
    return new Comparison(keys, differing, List.copyOf(first));
  }

  static HubStatus status(DemoSites sites) {
    try {
      return Stages.await(sites.hub().hub().status(), PATIENCE);
    } catch (Exception e) {
      throw new FailureException("the hub does not answer: " + Failures.message(e), e);
    }
  }

  private static long keys(int port) throws IOException {
    long keys = 0;
    for (int database : DemoDatabases.ALL) {
      try (var pipeline = new RedisPipeline(port, database, DemoSites.PATIENCE)) {
        keys += (Long) pipeline.add("DBSIZE").flush().get(0);
      }
    }
    return keys;
  }

  /** Returns whether somebody wants it to end early. */
  private boolean pause(Traffic traffic, Duration time) {
    try {
      CompletableFuture.anyOf(interruption, traffic.broken())
          .get(time.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new FailureException(Failures.message(e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /** Looks every 10 ms: these states are seen from outside, and nothing tells when they change. */
  private void await(String what, BooleanSupplier condition) {
    long deadlineNs = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadlineNs > 0) {
        throw new FailureException("waited " + PATIENCE.toSeconds() + " s in vain for " + what);
      }
      try {
        interruption.get(LOOK_MS, TimeUnit.MILLISECONDS);
        throw new FailureException("ended while waiting for " + what);
      } catch (TimeoutException e) {
        // Not yet: look again.
      } catch (ExecutionException e) {
        throw new IllegalStateException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new FailureException("interrupted while waiting for " + what, e);
      }
    }
  }

  private static String since(long startNs) {
    return Units.time(Duration.ofNanos(System.nanoTime() - startNs));
  }

  private void say(String line) {
    out.println(line);
    out.flush();
  }
}
