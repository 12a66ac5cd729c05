package io.replicator.benchmarks;

import java.io.IOException;

/** One thing to measure, both ways. */
interface Scenario {
  /** Measures, checks that copies equal their sources, and reports. */
  void run(Report report) throws IOException, InterruptedException;
}
