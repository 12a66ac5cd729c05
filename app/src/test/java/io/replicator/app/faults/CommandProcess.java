package io.replicator.app.faults;

import io.replicator.app.Replicator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/**
 * The {@code replicator} command as a process of its own, with the class path of this one: for what
 * only a real process can suffer. Its output goes into files; it ends with this JVM.
 */
final class CommandProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final String what;
  private final Process process;
  private final Path out;
  private final Path err;
  private final Thread endWithJvm;

  private CommandProcess(String what, Process process, Path out, Path err) {
    this.what = what;
    this.process = process;
    this.out = out;
    this.err = err;
    this.endWithJvm = new Thread(process::destroyForcibly, "end-" + process.pid());
    Runtime.getRuntime().addShutdownHook(endWithJvm);
  }

  /**
   * Starts {@code replicator arguments…}.
   *
   * @param directory for its output
   * @param heapMb what the JVM may use: little, so that what is not bounded shows
   */
  static CommandProcess start(Path directory, int heapMb, List<String> arguments) {
    return start(Replicator.class, directory, heapMb, arguments);
  }

  /** As {@link #start(Path, int, List)}, for another program than the command. */
  static CommandProcess start(
      Class<?> program, Path directory, int heapMb, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Quick to start, and small: tests start many.
    command.addAll(List.of("-Xmx" + heapMb + "m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.add("-XX:+ExitOnOutOfMemoryError");
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(program.getName());
    command.addAll(arguments);
    try {
      Path out = Files.createTempFile(directory, arguments.get(0) + "-", ".out");
      Path err = Path.of(out.toString().replaceFirst("out$", "err"));
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      return new CommandProcess(String.join(" ", arguments), process, out, err);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** SIGKILL, and it is gone. */
  void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  /** SIGTERM: asks it to end. */
  void terminate() {
    signal("TERM");
  }

  /** SIGSTOP: it stands still until {@link #resume}. */
  void pause() {
    signal("STOP");
  }

  void resume() {
    signal("CONT");
  }

  void signal(String signal) {
    Signals.send(signal, process.pid());
  }

  /** Its exit code, once it has ended. */
  int awaitExit(Duration patience) {
    try {
      if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError(what + " did not end within " + patience + "\n" + err());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Waits until its log holds {@code text}. */
  void awaitLog(String text) {
    Awaitility.await(what + ": " + text)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .failFast(what + " ended", () -> !process.isAlive() && !err().contains(text))
        .until(() -> err().contains(text));
  }

  String out() {
    return read(out);
  }

  /** Its standard error: the log, and the line of a failure. */
  String err() {
    return read(err);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    kill();
    try {
      Runtime.getRuntime().removeShutdownHook(endWithJvm);
    } catch (IllegalStateException e) {
      // The JVM is going down: the hook runs anyway.
    }
  }
}
