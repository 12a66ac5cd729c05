package io.replicator.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class LinkEmulatorTest {
  private static final LinkConditions MEGABIT = LinkConditions.of(1, Duration.ZERO);

  private ServerSocket target;
  private LinkEmulator link;
  private final AtomicLong arrived = new AtomicLong();

  @BeforeEach
  void openTarget() throws IOException {
    target = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void closeAll() throws IOException {
    if (link != null) {
      link.close();
    }
    target.close();
  }

  @Test
  void shouldForwardEveryByteInBothDirections() throws Exception {
    startEchoTarget();
    link = LinkEmulator.to(target.getLocalPort(), LinkConditions.UNLIMITED);
    var bytes = new byte[3_000_000];
    new Random(1).nextBytes(bytes);
    try (Socket client = connect()) {
      start(
          () -> {
            client.getOutputStream().write(bytes);
            client.shutdownOutput();
          });
      assertThat(client.getInputStream().readAllBytes()).isEqualTo(bytes);
    }
    assertThat(link.bytesToTarget()).isEqualTo(bytes.length);
    assertThat(link.bytesFromTarget()).isEqualTo(bytes.length);
    await().untilAsserted(() -> assertThat(link.openConnections()).isZero());
  }

  @Test
  void shouldDeliverAtTheRateOfTheLink() throws Exception {
    startCountingTarget();
    link = LinkEmulator.to(target.getLocalPort(), MEGABIT);
    try (Socket client = connect()) {
      startFlood(client);
      assertRate(arrivedWithin(Duration.ofSeconds(3)), 375_000);
    }
  }

  @Test
  void shouldShareTheRateEvenlyBetweenConnections() throws Exception {
    List<AtomicLong> perConnection = startCountingTarget();
    link = LinkEmulator.to(target.getLocalPort(), LinkConditions.of(4, Duration.ofMillis(20)));
    try (Socket first = connect();
        Socket second = connect()) {
      startFlood(first);
      startFlood(second);
      assertRate(arrivedWithin(Duration.ofSeconds(2)), 1_000_000);
      long one = perConnection.get(0).get();
      assertThat(one).isCloseTo(perConnection.get(1).get(), within(arrived.get() / 10));
    }
  }

  @Test
  void shouldFollowAChangeOfTheRate() throws Exception {
    startCountingTarget();
    link = LinkEmulator.to(target.getLocalPort(), MEGABIT);
    try (Socket client = connect()) {
      startFlood(client);
      arrivedWithin(Duration.ofMillis(300));
      link.change(LinkConditions.of(10, Duration.ZERO));
      arrivedWithin(Duration.ofMillis(200)); // what the queue held
      assertRate(arrivedWithin(Duration.ofSeconds(2)), 2_500_000);
    }
  }

  @Test
  void shouldDelayEachWay() throws Exception {
    startEchoTarget();
    link = LinkEmulator.to(target.getLocalPort(), LinkConditions.of(100, Duration.ofMillis(80)));
    try (Socket client = connect()) {
      roundTripMs(client);
      var times = new ArrayList<Double>();
      for (int i = 0; i < 15; i++) {
        times.add(roundTripMs(client));
      }
      times.sort(null);
      assertThat(times.get(0)).isGreaterThanOrEqualTo(80.0);
      // The best of them: a busy machine may add to any.
      assertThat(times.get(0)).isLessThan(90.0);
    }
  }

  /** Never more than the link's rate; on a busy machine perhaps less. */
  private static void assertRate(long arrivedBytes, long expectedBytes) {
    assertThat(arrivedBytes).isBetween(expectedBytes * 7 / 10, expectedBytes * 105 / 100);
  }

  @Test
  void shouldNotHideMoreThanAQueueAndSmallBuffersFromTheSender() throws Exception {
    startCountingTarget();
    link = LinkEmulator.to(target.getLocalPort(), LinkConditions.of(0.1, Duration.ZERO));
    try (Socket client = new Socket()) {
      client.setSendBufferSize(16 * 1024);
      client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), link.port()));
      var written = new AtomicLong();
      start(() -> flood(client, written));
      arrivedWithin(Duration.ofSeconds(2));
      assertThat(written.get() - arrived.get()).isLessThan(160 * 1024);
    }
  }

  @Test
  void shouldKeepConnectionsAndBytesThroughAStall() throws Exception {
    startEchoTarget();
    link = LinkEmulator.to(target.getLocalPort(), LinkConditions.of(10, Duration.ofMillis(10)));
    try (Socket client = connect()) {
      roundTripMs(client);
      link.stall();
      client.setSoTimeout(300);
      client.getOutputStream().write("while stalled".getBytes(US_ASCII));
      assertThatThrownBy(() -> client.getInputStream().read())
          .isInstanceOf(SocketTimeoutException.class);
      try (Socket hanging = connect()) {
        hanging.setSoTimeout(200);
        hanging.getOutputStream().write(1);
        assertThatThrownBy(() -> hanging.getInputStream().read())
            .isInstanceOf(SocketTimeoutException.class);
      }
      link.restore();
      client.setSoTimeout(5_000);
      assertThat(client.getInputStream().readNBytes(13))
          .isEqualTo("while stalled".getBytes(US_ASCII));
    }
  }

  @Test
  void shouldResetAndRefuseWhileCut() throws Exception {
    startEchoTarget();
    link = LinkEmulator.to(target.getLocalPort(), LinkConditions.UNLIMITED);
    try (Socket client = connect()) {
      roundTripMs(client);
      link.cut();
      assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
      try (Socket refused = connect()) {
        refused.setSoTimeout(5_000);
        assertThatThrownBy(() -> refused.getInputStream().read())
            .isInstanceOf(SocketException.class);
      } catch (SocketException e) {
        // Reset before the connect had returned: refused as well.
      }
      link.restore();
      try (Socket again = connect()) {
        assertThat(roundTripMs(again)).isPositive();
      }
    }
  }

  @Test
  void shouldPassOnAResetOfTheTarget() throws Exception {
    link = LinkEmulator.to(target.getLocalPort(), LinkConditions.UNLIMITED);
    try (Socket client = connect()) {
      try (Socket server = target.accept()) {
        server.setSoLinger(true, 0);
      }
      client.setSoTimeout(5_000);
      assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
    }
  }

  private interface Work {
    void run() throws IOException;
  }

  private static void start(Work work) {
    var thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException e) {
                // The test has closed its sockets.
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  private Socket connect() throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), link.port());
    socket.setTcpNoDelay(true);
    return socket;
  }

  private void startEchoTarget() {
    start(
        () -> {
          while (true) {
            Socket server = target.accept();
            server.setTcpNoDelay(true);
            start(
                () -> {
                  server.getInputStream().transferTo(server.getOutputStream());
                  server.shutdownOutput();
                });
          }
        });
  }

  private List<AtomicLong> startCountingTarget() {
    List<AtomicLong> perConnection = List.of(new AtomicLong(), new AtomicLong());
    start(
        () -> {
          for (AtomicLong count : perConnection) {
            Socket server = target.accept();
            start(
                () -> {
                  InputStream input = server.getInputStream();
                  var buffer = new byte[64 * 1024];
                  for (int read; (read = input.read(buffer)) > 0; ) {
                    count.addAndGet(read);
                    arrived.addAndGet(read);
                  }
                });
          }
        });
    return perConnection;
  }

  private static void startFlood(Socket client) {
    start(() -> flood(client, new AtomicLong()));
  }

  private static void flood(Socket client, AtomicLong written) throws IOException {
    var bytes = new byte[4 * 1024];
    Arrays.fill(bytes, (byte) 'x');
    while (true) {
      client.getOutputStream().write(bytes);
      written.addAndGet(bytes.length);
    }
  }

  /** Bytes that arrive in a window of time that begins now, or when the first one is there. */
  private long arrivedWithin(Duration time) throws InterruptedException {
    await().pollInterval(Duration.ofMillis(1)).until(() -> arrived.get() > 0);
    long before = arrived.get();
    Wire.sleepUntil(System.nanoTime() + time.toNanos());
    return arrived.get() - before;
  }

  private static double roundTripMs(Socket client) throws IOException {
    long startNs = System.nanoTime();
    client.getOutputStream().write('.');
    assertThat(client.getInputStream().read()).isEqualTo('.');
    return (System.nanoTime() - startNs) / 1e6;
  }
}
