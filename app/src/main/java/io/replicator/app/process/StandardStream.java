package io.replicator.app.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The streams that a process is born with. */
public enum StandardStream {
  IN(0),
  OUT(1),
  ERR(2);

  private final int descriptor;

  StandardStream(int descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * Whether somebody may be watching: the stream is a terminal. System.console() would answer for
   * all three at once, and since JDK 22 always yes. Where there is no /proc, the answer is no.
   */
  public boolean isTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }
}
