package io.replicator.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.redis.embedded.RedisProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands as users run them: processes of their own, against real servers. */
class CommandsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path directory;
  private final List<Process> processes = new ArrayList<>();
  private RedisProcess source;
  private RedisProcess target;

  @BeforeEach
  void startServers() throws IOException {
    source = RedisProcess.start();
    target = RedisProcess.start();
  }

  @AfterEach
  void stopEverything() {
    processes.forEach(Process::destroyForcibly);
    source.close();
    target.close();
  }

  @Test
  void shouldProveEqualityInTheDemonstration() {
    CommandRun run = CommandRun.of("demo", "--once");

    assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
    assertThat(run.out()).contains("PROVED", "initial load", "lag", "on the wire");
  }

  @Test
  void shouldCopyADatabaseOnceAndVerifyIt() throws Exception {
    redis(source, "SELECT 5", "SET a 1", "HSET h f v", "RPUSH l x y", "SET gone 1 PX 3600000");
    int hubPort = freePort();
    int httpPort = freePort();
    Process hub = startHub(hubPort, httpPort);

    Process client =
        start(
            "client",
            "--hub",
            "127.0.0.1:" + hubPort,
            "--to",
            target.uri(),
            "--subscribe",
            "5=2",
            "--once");

    assertThat(end(client)).as(log(client)).isZero();
    CommandRun verified =
        CommandRun.of("verify", "--from", source.uri() + "/5", "--to", target.uri() + "/2");
    assertThat(verified.exitCode()).as(verified.out() + verified.err()).isZero();
    assertThat(verified.out()).contains("equal: 4 keys");
    hub.destroy();
    assertThat(end(hub)).as(log(hub)).isZero();
  }

  @Test
  void shouldNameWhatDiffers() throws Exception {
    redis(source, "SET same 1", "SET other 1", "SET missing 1");
    redis(target, "SET same 1", "SET other 2");

    CommandRun run = CommandRun.of("verify", "--from", source.uri(), "--to", target.uri());

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).contains("other", "missing", "different: 2 of").doesNotContain("same");
  }

  @Test
  void shouldShowTheStatusOfARunningHub() throws Exception {
    int httpPort = freePort();
    startHub(freePort(), httpPort);

    CommandRun table = CommandRun.of("status", "--http", "127.0.0.1:" + httpPort);
    CommandRun json = CommandRun.of("status", "--http", "127.0.0.1:" + httpPort, "--json");

    assertThat(table.exitCode()).as(table.err()).isZero();
    assertThat(table.out()).contains("SOURCES", "127.0.0.1:" + source.port(), "realtime");
    assertThat(json.out()).startsWith("{").contains("\"databases\"");
  }

  @Test
  void shouldFollowUntilASignalEndsTheClient() throws Exception {
    int hubPort = freePort();
    startHub(hubPort, freePort());
    Process client = start("client", "--hub", "127.0.0.1:" + hubPort, "--to", target.uri());

    redis(source, "SELECT 5", "SET late 1");

    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> redis(target, "SELECT 5", "EXISTS late").get(1).equals(":1"));
    client.destroy();
    assertThat(end(client)).as(log(client)).isZero();
  }

  @Test
  void shouldWriteJsonLinesToStandardOutput() throws Exception {
    redis(source, "SELECT 5", "SET a 1");
    int hubPort = freePort();
    startHub(hubPort, freePort());

    Process client = start("client", "--hub", "127.0.0.1:" + hubPort, "--to", "stdout:", "--once");

    assertThat(end(client)).as(log(client)).isZero();
    assertThat(Files.readString(out(client)))
        .isEqualTo("{\"db\":\"5\",\"k\":\"a\",\"type\":\"string\",\"v\":\"1\"}\n");
  }

  @Test
  void shouldEndWithOneWhenTheClientWouldWriteIntoItsSource() throws Exception {
    int hubPort = freePort();
    startHub(hubPort, freePort());

    Process client =
        start("client", "--hub", "127.0.0.1:" + hubPort, "--to", source.uri(), "--once");

    assertThat(end(client)).isEqualTo(1);
    assertThat(log(client).lines().filter(line -> line.startsWith("replicator client: ")))
        .hasSize(1);
  }

  @Test
  void shouldSayWhatFailedWhenThePortIsTaken() throws Exception {
    try (var taken = new ServerSocket(0)) {
      Process hub =
          start(
              "hub",
              "--redis",
              "127.0.0.1:" + source.port(),
              "--databases",
              "5",
              "--hub",
              "127.0.0.1:" + taken.getLocalPort(),
              "--http",
              "off",
              "--data",
              data());

      assertThat(end(hub)).isEqualTo(1);
      assertThat(log(hub).lines().filter(line -> line.startsWith("replicator hub: ")))
          .singleElement()
          .asString()
          .contains("" + taken.getLocalPort());
    }
  }

  @Test
  void shouldSayWhatFailedWhenAnotherHubHasTheStore() throws Exception {
    String data = data();
    startHub(freePort(), freePort(), data);

    Process second =
        start(
            "hub",
            "--redis",
            "127.0.0.1:" + source.port(),
            "--databases",
            "5",
            "--hub",
            "127.0.0.1:0",
            "--http",
            "off",
            "--data",
            data);

    assertThat(end(second)).isEqualTo(1);
    assertThat(log(second).lines().filter(line -> line.startsWith("replicator hub: ")))
        .singleElement()
        .asString()
        .contains(data);
  }

  private Process startHub(int port, int httpPort) throws IOException {
    return startHub(port, httpPort, data());
  }

  private Process startHub(int port, int httpPort, String data) throws IOException {
    Process hub =
        start(
            "hub",
            "--redis",
            "127.0.0.1:" + source.port(),
            "--databases",
            "5",
            "--hub",
            "127.0.0.1:" + port,
            "--http",
            "127.0.0.1:" + httpPort,
            "--data",
            data,
            "--nowait");
    Awaitility.await()
        .atMost(PATIENCE)
        .failFast("the hub ended", () -> !hub.isAlive())
        .until(
            () ->
                CommandRun.of("status", "--http", "127.0.0.1:" + httpPort, "--json")
                    .out()
                    .contains("STREAMING"));
    return hub;
  }

  private String data() {
    return directory.resolve("hub" + processes.size()).toString();
  }

  private Process start(String... args) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                Replicator.class.getName()));
    command.addAll(List.of(args));
    Path log = directory.resolve("process" + processes.size());
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(log.resolveSibling(log.getFileName() + ".out").toFile())
            .redirectError(log.resolveSibling(log.getFileName() + ".err").toFile())
            .start();
    processes.add(process);
    return process;
  }

  private Path out(Process process) {
    return directory.resolve("process" + processes.indexOf(process) + ".out");
  }

  private String log(Process process) {
    try {
      return Files.readString(directory.resolve("process" + processes.indexOf(process) + ".err"));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static int end(Process process) throws InterruptedException {
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as("ends").isTrue();
    return process.exitValue();
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** Commands as typed; the first line of each answer. */
  private static List<String> redis(RedisProcess redis, String... commands) throws IOException {
    List<String> answers = new ArrayList<>();
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), redis.port());
        var in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
      OutputStream out = socket.getOutputStream();
      for (String command : commands) {
        out.write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
        answers.add(in.readLine());
      }
    }
    return answers;
  }
}
