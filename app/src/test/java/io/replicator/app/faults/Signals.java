package io.replicator.app.faults;

import java.io.IOException;
import java.io.UncheckedIOException;

/** POSIX signals to processes that a test has started. */
final class Signals {
  private Signals() {}

  static void send(String signal, long pid) {
    try {
      int exitCode = new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).start().waitFor();
      if (exitCode != 0) {
        throw new IllegalStateException("kill -" + signal + " " + pid + " failed: " + exitCode);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
