package io.replicator.app.demo;

import io.replicator.app.process.StandardStream;
import io.replicator.app.process.Termination;
import java.io.PrintWriter;
import java.util.concurrent.CompletableFuture;

/** What an unlimited demonstration shows while it runs. Confined to the command's thread. */
interface LiveOutput {
  /** A view that is redrawn where somebody watches, lines where nobody does. */
  static LiveOutput forThisProcess(DemoSites sites, PrintWriter out) {
    boolean watched = StandardStream.IN.isTerminal() && StandardStream.OUT.isTerminal();
    return watched ? new LiveView(sites) : new LiveLines(sites, out);
  }

  /** Shows until somebody wants the end, or until {@code broken} fails, which it passes on. */
  void watch(CompletableFuture<Object> broken, Termination termination);
}
