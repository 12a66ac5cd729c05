package io.replicator.app;

import java.io.PrintWriter;
import java.io.StringWriter;

/** One run of the command in this JVM, and what it left. */
record CommandRun(int exitCode, String out, String err) {
  static CommandRun of(String... args) {
    var out = new StringWriter();
    var err = new StringWriter();
    int exitCode = Replicator.run(args, new PrintWriter(out), new PrintWriter(err));
    return new CommandRun(exitCode, out.toString(), err.toString());
  }
}
