package io.replicator.redis.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A real redis-server, started as a child process on a loopback port: the one on the PATH when
 * there is one, otherwise the binary that the embedded-redis artifact carries. Its files live in a
 * temporary directory that {@link #close} deletes. Without persistence unless arguments say
 * otherwise; ends with this JVM.
 */
public final class RedisProcess implements AutoCloseable {
  private static final String CARRIED_BINARY = "/redis-server-7.0.15-linux-amd64";
  private static final long START_TIMEOUT_MS = 15_000;

  private final Path directory;
  private final int port;
  private final List<String> command;
  private final Thread endWithJvm = new Thread(this::destroy, "redis-server-shutdown");
  private Process process;

  private RedisProcess(Path directory, int port, List<String> command) {
    this.directory = directory;
    this.port = port;
    this.command = command;
  }

  /** Starts a server on a free port with {@code arguments} as on redis-server's command line. */
  public static RedisProcess start(String... arguments) throws IOException {
    return startAt(freePort(), arguments);
  }

  /** Starts a server on {@code port} of the loopback interface. */
  public static RedisProcess startAt(int port, String... arguments) throws IOException {
    Path directory = Files.createTempDirectory("replicator-redis");
    List<String> command = new ArrayList<>();
    command.add(binary(directory).toString());
    command.addAll(List.of("--port", Integer.toString(port), "--bind", "127.0.0.1"));
    command.addAll(List.of("--dir", directory.toString(), "--save", "", "--appendonly", "no"));
    // A replica that asks is served at once rather than after the 5 s in which others might ask
    // too.
    command.addAll(List.of("--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0"));
    command.addAll(List.of(arguments));
    var redis = new RedisProcess(directory, port, command);
    Runtime.getRuntime().addShutdownHook(redis.endWithJvm);
    redis.restart();
    return redis;
  }

  public int port() {
    return port;
  }

  public String uri() {
    return "redis://127.0.0.1:" + port;
  }

  /** Where the server keeps its files and its log, {@code redis.log}. */
  public Path directory() {
    return directory;
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** The process id, for signals. */
  public long pid() {
    return process.pid();
  }

  /** kill -9. */
  public void kill() {
    destroy();
  }

  /**
   * Starts the server again with the same port, directory and arguments, killing it first if it
   * runs.
   */
  public void restart() throws IOException {
    destroy();
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(directory.resolve("redis.log").toFile()))
            .start();
    awaitReady();
  }

  @Override
  public void close() {
    destroy();
    try {
      Runtime.getRuntime().removeShutdownHook(endWithJvm);
    } catch (IllegalStateException e) {
      // The JVM is going down: the hook runs anyway.
    }
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private void destroy() {
    if (process == null) {
      return;
    }
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void awaitReady() throws IOException {
    long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(START_TIMEOUT_MS);
    while (System.nanoTime() - deadlineNs < 0) {
      if (!process.isAlive()) {
        throw new IOException(
            "redis-server ended with exit code " + process.exitValue() + ": " + logTail());
      }
      if (answers()) {
        return;
      }
      try {
        // A process offers no event for "listening": its port is asked until it answers.
        TimeUnit.MILLISECONDS.sleep(5);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while redis-server was starting", e);
      }
    }
    throw new IOException(
        "redis-server on port " + port + " not ready in " + START_TIMEOUT_MS + " ms: " + logTail());
  }

  private boolean answers() {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      socket.setSoTimeout(1000);
      socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      int first = socket.getInputStream().read();
      // '-' is an answer too: a server that wants a password is up; one that loads its data is not.
      return first == '+' || (first == '-' && socket.getInputStream().read() == 'N');
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return false;
    }
  }

  private String logTail() throws IOException {
    Path log = directory.resolve("redis.log");
    List<String> lines = Files.exists(log) ? Files.readAllLines(log) : List.of();
    return String.join(" | ", lines.subList(Math.max(0, lines.size() - 3), lines.size()));
  }

  private static Path binary(Path directory) throws IOException {
    for (String folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      Path candidate = Path.of(folder, "redis-server");
      if (!folder.isEmpty() && Files.isExecutable(candidate)) {
        return candidate;
      }
    }
    try (InputStream carried =
        redis.embedded.RedisServer.class.getResourceAsStream(CARRIED_BINARY)) {
      if (carried == null) {
        throw new IOException(
            "no redis-server on the PATH, and the embedded one is for Linux on amd64 only: install redis-server");
      }
      Path extracted = directory.resolve("redis-server");
      Files.copy(carried, extracted);
      Files.setPosixFilePermissions(extracted, PosixFilePermissions.fromString("rwx------"));
      return extracted;
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
