package io.replicator.app.demo;

import io.replicator.app.process.FailureException;
import io.replicator.app.process.Failures;
import io.replicator.app.process.Termination;
import io.replicator.app.text.Units;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A line every 5 s. */
final class LiveLines implements LiveOutput {
  private static final long INTERVAL_MS = 5_000;
  private final DemoSites sites;
  private final PrintWriter out;

  LiveLines(DemoSites sites, PrintWriter out) {
    this.sites = sites;
    this.out = out;
  }

  @Override
  public void watch(CompletableFuture<Object> broken, Termination termination) {
    CompletableFuture<Object> end =
        CompletableFuture.anyOf(broken, termination.wished().toCompletableFuture());
    Rates before = Rates.of(Demo.status(sites), System.nanoTime());
    while (true) {
      try {
        end.get(INTERVAL_MS, TimeUnit.MILLISECONDS);
        return;
      } catch (TimeoutException e) {
        Rates now = Rates.of(Demo.status(sites), System.nanoTime());
        out.println(line(before, now));
        out.flush();
        before = now;
      } catch (ExecutionException e) {
        throw new FailureException(Failures.message(e), e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  static String line(Rates before, Rates now) {
    return String.format(
        Locale.ROOT,
        "%s commands/s, %s records/s, lag %d ms, merged away %s, %s raw to %s on the wire (%s)",
        Units.count(now.perSecond(before, Rates::commands)),
        Units.count(now.perSecond(before, Rates::records)),
        now.lagMsMax(),
        Units.bytes(now.mergedBytes()),
        Units.bytes(now.plainBytes()),
        Units.bytes(now.wireBytes()),
        Units.ratio(now.plainBytes(), now.wireBytes()));
  }
}
