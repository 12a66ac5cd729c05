package io.replicator.store;

import java.nio.charset.StandardCharsets;

/**
 * Under which circumstances a store was opened, to tell at the next opening whether versions that
 * it gave out may be lost.
 *
 * @param boot the run of the operating system, empty where unknown
 * @param files the identity of the directory: a copy has another one
 */
record Incarnation(String boot, String files) {
  static Incarnation of(StoreDirectory directory) {
    return new Incarnation(StoreDirectory.boot(), directory.identity());
  }

  /**
   * Whether a store that was opened as {@code before} may have forgotten what it gave out. Not when
   * it was closed in order, nor when only its process died: what that had written, the operating
   * system still writes to disk. A copy may be older than what was given out after it was taken.
   */
  boolean mayHaveLost(Incarnation before, boolean closedInOrder) {
    boolean sameFiles = files.equals(before.files);
    boolean sameBoot = !boot.isEmpty() && boot.equals(before.boot);
    return !sameFiles || !(closedInOrder || sameBoot);
  }

  byte[] encode() {
    return (boot + "\n" + files).getBytes(StandardCharsets.UTF_8);
  }

  static Incarnation decode(byte[] row) {
    String[] lines = new String(row, StandardCharsets.UTF_8).split("\n", 2);
    return new Incarnation(lines[0], lines.length > 1 ? lines[1] : "");
  }
}
