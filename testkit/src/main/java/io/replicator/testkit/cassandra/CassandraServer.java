package io.replicator.testkit.cassandra;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A real Cassandra, a cluster of its own or a node of a {@link CassandraCluster}, started as a
 * child process on free loopback ports. The server's jars are on its class path alone: Maven writes
 * where they are when it builds the module {@code testkit/cassandra-server}. Its files live in a
 * temporary directory that {@link #close} deletes; what was written survives {@link #kill} and
 * {@link #restart}. Ends with this JVM. Takes about 5 s to start and 520 MB. Thread-safe.
 */
public final class CassandraServer implements AutoCloseable {
  /** The only data centre that a server of SimpleSnitch has. */
  public static final String DATA_CENTER = "datacenter1";

  /** Starts soon and needs little. */
  private static final List<String> SMALL =
      List.of(
          "-Xms256m",
          "-Xmx256m",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:MaxDirectMemorySize=128m");

  /** As in production, as far as one machine for everything allows. */
  private static final List<String> FAST =
      List.of("-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-XX:MaxDirectMemorySize=512m");

  private static final Duration START_TIMEOUT = Duration.ofMinutes(2);
  private static final long LOOK_MS = 100;

  private final Path directory;
  private final Place place;
  private final List<String> settings;
  private final List<String> jvm;
  private final Thread endWithJvm = new Thread(this::destroy, "cassandra-shutdown");
  private Process process;

  /**
   * Where a server listens, and which it asks for the others.
   *
   * @param storagePort the same for all nodes of a cluster, as is {@code port}
   * @param seed address of a node
   */
  record Place(String address, int port, int storagePort, String seed) {
    static Place alone() throws IOException {
      return new Place("127.0.0.1", freePort(), freePort(), "127.0.0.1");
    }
  }

  private CassandraServer(Path directory, Place place, List<String> settings, List<String> jvm) {
    this.directory = directory;
    this.place = place;
    this.settings = settings;
    this.jvm = jvm;
  }

  /**
   * Starts a server and waits until it answers.
   *
   * @param settings lines of cassandra.yaml, each a setting of its own: beyond the usual ones, or
   *     in their place
   */
  public static CassandraServer start(String... settings) {
    return start(List.of(settings), SMALL);
  }

  /** The same for measurements: all that its JVM's compiler can do, and a heap of 1 GiB. */
  public static CassandraServer startFast() {
    return start(List.of(), FAST);
  }

  private static CassandraServer start(List<String> settings, List<String> jvm) {
    try {
      return start(Place.alone(), settings, jvm);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static CassandraServer start(Place place, List<String> settings) {
    return start(place, settings, SMALL);
  }

  private static CassandraServer start(Place place, List<String> settings, List<String> jvm) {
    try {
      Path directory = Files.createTempDirectory("replicator-cassandra");
      var server = new CassandraServer(directory, place, settings, jvm);
      Runtime.getRuntime().addShutdownHook(server.endWithJvm);
      server.restart();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of the native protocol, on the loopback interface. */
  public int port() {
    return place.port();
  }

  /** {@code HOST:PORT}. */
  public String contactPoint() {
    return place.address() + ":" + place.port();
  }

  /** The process id, for signals. */
  public synchronized long pid() {
    return process.pid();
  }

  /** Where the server keeps its files and its log, {@code server.log}. */
  public Path directory() {
    return directory;
  }

  /** kill -9. */
  public void kill() {
    destroy();
  }

  /** Starts again what was killed, on the same port with the same files, and waits. */
  public synchronized void restart() {
    destroy();
    try {
      Files.writeString(directory.resolve("cassandra.yaml"), yaml());
      process =
          new ProcessBuilder(command())
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
              .start();
      awaitPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path log() {
    return directory.resolve("server.log");
  }

  private List<String> command() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvm);
    command.addAll(
        List.of(
            "-XX:+ExitOnOutOfMemoryError",
            "-Dcassandra.skip_wait_for_gossip_to_settle=0",
            "-Dcassandra.ring_delay_ms=0",
            "-Dcassandra.superuser_setup_delay_ms=0",
            "-Dcassandra-foreground=yes",
            "-Dcassandra.storagedir=" + directory,
            "-Dcassandra.logdir=" + directory,
            "-Dcassandra.config=" + directory.resolve("cassandra.yaml").toUri(),
            "-Djdk.attach.allowAttachSelf=true",
            "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
            "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
            "--add-opens=java.base/java.io=ALL-UNNAMED",
            "--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED",
            "-cp",
            ServerClassPath.read(),
            "org.apache.cassandra.service.CassandraDaemon"));
    return command;
  }

  private String yaml() {
    List<String> lines = new ArrayList<>();
    lines.add("cluster_name: replicator-test");
    lines.add("num_tokens: 1");
    lines.add("partitioner: org.apache.cassandra.dht.Murmur3Partitioner");
    lines.add("data_file_directories: [" + directory.resolve("data") + "]");
    lines.add("commitlog_directory: " + directory.resolve("commitlog"));
    lines.add("saved_caches_directory: " + directory.resolve("saved_caches"));
    lines.add("hints_directory: " + directory.resolve("hints"));
    lines.add("cdc_raw_directory: " + directory.resolve("cdc_raw"));
    // Killed by signal only: what the operating system has is not lost.
    lines.add("commitlog_sync: periodic");
    lines.add("commitlog_sync_period: 1000ms");
    lines.add("listen_address: " + place.address());
    lines.add("rpc_address: " + place.address());
    lines.add("storage_port: " + place.storagePort());
    lines.add("native_transport_port: " + place.port());
    lines.add("endpoint_snitch: SimpleSnitch");
    lines.add(
        "seed_provider: [{class_name: org.apache.cassandra.locator.SimpleSeedProvider,"
            + " parameters: [{seeds: \""
            + place.seed()
            + ":"
            + place.storagePort()
            + "\"}]}]");
    lines.add("auto_snapshot: false");
    lines.add("auto_bootstrap: false");
    lines.add("hinted_handoff_enabled: false");
    for (String setting : settings) {
      String name = setting.substring(0, setting.indexOf(':') + 1);
      lines.removeIf(line -> line.startsWith(name));
    }
    lines.addAll(settings);
    return String.join("\n", lines) + "\n";
  }

  private void awaitPort() throws IOException {
    long deadlineNs = System.nanoTime() + START_TIMEOUT.toNanos();
    while (!answers()) {
      if (!process.isAlive() || System.nanoTime() > deadlineNs) {
        String log = Files.readString(log());
        destroy();
        throw new IOException(
            "cassandra did not start:\n" + log.substring(Math.max(0, log.length() - 8_000)));
      }
      try {
        Thread.sleep(LOOK_MS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while cassandra starts", e);
      }
    }
  }

  private boolean answers() {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(place.address(), place.port()), (int) LOOK_MS);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private synchronized void destroy() {
    if (process != null) {
      process.destroyForcibly();
      try {
        process.waitFor(10, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
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
      throw new UncheckedIOException(e);
    }
  }

  static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
