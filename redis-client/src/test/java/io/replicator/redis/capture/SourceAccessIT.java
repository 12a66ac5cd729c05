package io.replicator.redis.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.replicator.redis.embedded.RedisProcess;
import io.replicator.replication.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ways to a source: TLS, sentinels, a replica as source, and something that is no Redis. */
final class SourceAccessIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  @TempDir Path directory;
  private final MemoryStore store = new MemoryStore();

  @Test
  void shouldCaptureOverTlsWithAClientCertificate() throws Exception {
    makeCertificate();
    String certificate = directory.resolve("cert.pem").toString();
    String key = directory.resolve("key.pem").toString();
    int tlsPort = freePort();
    try (RedisProcess redis =
        RedisProcess.start(
            "--tls-port",
            "" + tlsPort,
            "--tls-cert-file",
            certificate,
            "--tls-key-file",
            key,
            "--tls-ca-cert-file",
            certificate)) {
      var tls =
          new RedisCaptureSettings.Tls(
              Optional.of(Path.of(certificate)),
              Optional.of(Path.of(certificate)),
              Optional.of(Path.of(key)));
      captures(redis, settings(tlsPort, "", Optional.of(tls)));
      RedisCaptureSettings plain = settings(tlsPort, "", Optional.empty());
      assertThatThrownBy(() -> new RedisCapture(plain, store).run())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("127.0.0.1:" + tlsPort)
          .hasMessageContaining("TLS");
    }
  }

  @Test
  void shouldFindTheMasterThroughSentinels() throws Exception {
    try (RedisProcess redis = RedisProcess.start()) {
      Path configuration = directory.resolve("sentinel.conf");
      Files.writeString(configuration, "sentinel monitor main 127.0.0.1 " + redis.port() + " 1\n");
      int port = freePort();
      Process sentinel =
          new ProcessBuilder(
                  "redis-server", configuration.toString(), "--sentinel", "--port", "" + port)
              .redirectOutput(directory.resolve("sentinel.log").toFile())
              .start();
      try {
        var settings = settings(port, "main", Optional.empty());
        await()
            .atMost(TIMEOUT)
            .ignoreExceptions()
            .untilAsserted(() -> new SourceLocator(settings).connect().close());
        captures(redis, settings);
        assertThatThrownBy(
                () -> new RedisCapture(settings(port, "other", Optional.empty()), store).run())
            .isInstanceOf(IOException.class)
            .hasMessageContaining("other");
      } finally {
        sentinel.destroyForcibly().waitFor();
      }
    }
  }

  @Test
  void shouldCaptureFromAReplica() throws Exception {
    try (RedisProcess master = RedisProcess.start();
        RedisProcess replica = RedisProcess.start("--replicaof", "127.0.0.1 " + master.port())) {
      var settings = settings(replica.port(), "", Optional.empty());
      try (RedisConnection client = RedisConnection.open(settings.addresses().get(0), settings)) {
        await()
            .atMost(TIMEOUT)
            .until(
                () ->
                    RedisConnection.infoLine(
                            (Bytes) client.call("INFO", "replication"), "master_link_status")
                        .equals("up"));
      }
      captures(master, settings);
    }
  }

  @Test
  void shouldSayThatAServerIsNoRedis() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var answering =
          new Thread(
              () -> {
                try (Socket socket = server.accept();
                    InputStream in = socket.getInputStream()) {
                  in.read();
                  socket
                      .getOutputStream()
                      .write("HTTP/1.1 400 Bad Request\r\n".getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      answering.start();
      RedisCaptureSettings settings = settings(server.getLocalPort(), "", Optional.empty());
      assertThatThrownBy(() -> new RedisCapture(settings, store).run())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("not a Redis server");
      answering.join();
    }
  }

  private void captures(RedisProcess written, RedisCaptureSettings settings) throws Exception {
    var capture = new RedisCapture(settings, store);
    var thread =
        new Thread(
            () -> {
              try {
                capture.run();
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    thread.start();
    var plain = settings(written.port(), "", Optional.empty());
    try (RedisConnection client = RedisConnection.open(plain.addresses().get(0), plain)) {
      client.call("SET", "k", "v");
      await().atMost(TIMEOUT).until(() -> store.snapshot("0").containsKey(Bytes.utf8("k")));
      client.call("SET", "l", "v");
      client.call("PFADD", "p", "v");
      await().atMost(TIMEOUT).until(() -> store.snapshot("0").size() == 3);
    } finally {
      capture.stop();
      thread.join();
    }
  }

  private RedisCaptureSettings settings(
      int port, String sentinelMaster, Optional<RedisCaptureSettings.Tls> tls) {
    return new RedisCaptureSettings(
        List.of(InetSocketAddress.createUnresolved("127.0.0.1", port)),
        sentinelMaster,
        "",
        "",
        tls,
        List.of(0),
        1 << 20,
        directory.resolve("spool"),
        1 << 24,
        Duration.ofSeconds(5),
        Duration.ofSeconds(10));
  }

  private void makeCertificate() throws Exception {
    Process openssl;
    try {
      openssl =
          new ProcessBuilder(
                  "openssl",
                  "req",
                  "-x509",
                  "-newkey",
                  "rsa:2048",
                  "-nodes",
                  "-days",
                  "2",
                  "-subj",
                  "/CN=localhost",
                  "-addext",
                  "subjectAltName=IP:127.0.0.1",
                  "-keyout",
                  directory.resolve("key.pem").toString(),
                  "-out",
                  directory.resolve("cert.pem").toString())
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("openssl.log").toFile())
              .start();
    } catch (IOException e) {
      Assumptions.abort("no openssl to make a certificate with");
      return;
    }
    assertThat(openssl.waitFor(30, TimeUnit.SECONDS)).isTrue();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
