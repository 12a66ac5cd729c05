package io.replicator.app.demo;

import java.util.List;

/** The databases of the demonstration, in the order of their lanes. */
final class DemoDatabases {
  static final int LIVE = 5;
  static final int CATALOGUE = 0;
  static final int INDEXES = 3;
  static final List<Integer> ALL = List.of(LIVE, CATALOGUE, INDEXES);

  private DemoDatabases() {}
}
