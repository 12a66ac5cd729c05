package io.replicator.app.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.protocol.FrameDecoder;
import io.replicator.protocol.Frames;
import io.replicator.protocol.WireLimits;
import io.replicator.protocol.v1.Block;
import io.replicator.protocol.v1.Chunk;
import io.replicator.protocol.v1.Frame;
import io.replicator.protocol.v1.Hello;
import io.replicator.protocol.v1.Refusal;
import io.replicator.protocol.v1.Subscription;
import io.replicator.redis.embedded.RedisProcess;
import io.replicator.streams.send.LaneStatus;
import io.replicator.streams.send.SessionStatus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Whoever does not speak the protocol is refused with a reason, and disturbs nobody. */
class HostileConnectionsIT {
  private static final int EACH = 20;
  private static final long LAG_MS_MAX = 2_000;
  private static final int READ_TIMEOUT_MS = 40_000;

  /** What somebody sends, and how. Never compared. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Attack(byte[] bytes, long pauseMs, boolean thenEnds, Refusal.Reason refused) {
    static Attack of(byte[] bytes, Refusal.Reason refused) {
      return new Attack(bytes, 0, false, refused);
    }
  }

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  @Test
  void shouldRefuseWithAReasonAndServeOthersMeanwhile() throws Exception {
    System.out.println("seed " + seed);
    try (var site =
        new Site("0").with("replicator.hub.session.handshake-timeout = 3 s").withHubHeap(128)) {
      RedisProcess source = site.redis();
      RedisProcess target = site.redis();
      CommandProcess hub = site.hub(source);
      CommandProcess client = site.client(target);
      site.awaitLive(1);
      try (var writer = Writer.start(source, 0, seed, 1_000, 100)) {
        long session = running(site).id();
        var longestLagMs = new AtomicLong();
        Map<String, List<Future<Refusal>>> answers = launch(site);
        Awaitility.await("answers to all")
            .atMost(Site.PATIENCE)
            .pollInterval(Duration.ofMillis(100))
            .pollInSameThread()
            .until(
                () -> {
                  long lagMs =
                      running(site).lanes().stream().mapToLong(LaneStatus::lagMs).max().orElse(0);
                  longestLagMs.accumulateAndGet(lagMs, Math::max);
                  return answers.values().stream().flatMap(List::stream).allMatch(Future::isDone);
                });
        for (Map.Entry<String, Attack> attack : attacks().entrySet()) {
          for (Future<Refusal> answer : answers.get(attack.getKey())) {
            Refusal refusal = answer(attack.getKey(), answer);
            if (attack.getValue().refused() == null) {
              assertThat(refusal).as(attack.getKey()).isNull();
            } else {
              assertThat(refusal).as(attack.getKey()).isNotNull();
              assertThat(refusal.getReason())
                  .as(attack.getKey() + ": " + refusal.getDetail())
                  .isEqualTo(attack.getValue().refused());
              assertThat(refusal.getDetail()).as(attack.getKey()).isNotBlank();
            }
          }
        }
        System.out.println("longest lag of the client meanwhile " + longestLagMs + " ms");
        assertThat(longestLagMs.get()).isLessThan(LAG_MS_MAX);
        assertThat(running(site).id()).isEqualTo(session);
        assertThat(writer.written()).isPositive();
      }
      // None of them is left behind as a session.
      site.awaitLive(1);
      site.awaitEqual(source, target, 0);
      assertThat(hub.isAlive()).isTrue();
      assertThat(client.isAlive()).isTrue();
    }
  }

  private static Refusal answer(String attack, Future<Refusal> answer) throws Exception {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      throw new AssertionError(attack + " was not answered", e.getCause());
    }
  }

  private static SessionStatus running(Site site) {
    return site.sessions().stream()
        .filter(session -> !session.lanes().isEmpty())
        .findFirst()
        .orElseThrow();
  }

  private Map<String, Attack> attacks() {
    byte[] hello = Frames.encode(frame(Hello.newBuilder().setProtocolVersion(1)));
    var bomb = Hello.newBuilder().setProtocolVersion(1);
    for (int i = 0; i < 300_000; i++) {
      bomb.addSubscriptions(Subscription.getDefaultInstance());
    }
    byte[] oversized = ByteBuffer.allocate(8).putInt(WireLimits.SMALL.frameBytesMax() + 1).array();
    byte[] noise = new byte[4_096];
    new Random(seed).nextBytes(noise);
    noise[0] = 0; // so that a length comes out that is allowed, and what follows is no frame
    noise[1] = 0;
    noise[2] = 5;
    noise[4] = 7; // field 0, which does not exist
    byte[] negative = new byte[64];
    Arrays.fill(negative, (byte) 0xff);
    var inflated =
        Block.newBuilder()
            .setCodec(Block.Codec.ZSTD)
            .setPlainBytes(Integer.MAX_VALUE)
            .setContent(com.google.protobuf.ByteString.copyFrom(new byte[500_000]));
    var chunk =
        Chunk.newBuilder()
            .setFeed(1)
            .setBatch(1)
            .setBlockBytes(Integer.MAX_VALUE)
            .setPayload(inflated.build().toByteString());
    byte[] chunkFrame = Frames.encode(Frame.newBuilder().setChunk(chunk).build());
    Map<String, Attack> attacks = new LinkedHashMap<>();
    attacks.put("noise", Attack.of(noise, Refusal.Reason.MALFORMED));
    attacks.put("negative length", Attack.of(negative, Refusal.Reason.LIMIT_EXCEEDED));
    attacks.put("oversized frame", Attack.of(oversized, Refusal.Reason.LIMIT_EXCEEDED));
    attacks.put(
        "http",
        Attack.of(
            "GET / HTTP/1.1\r\nHost: hub\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
            Refusal.Reason.LIMIT_EXCEEDED));
    attacks.put(
        "future version",
        Attack.of(
            Frames.encode(frame(Hello.newBuilder().setProtocolVersion(99))),
            Refusal.Reason.UNSUPPORTED_VERSION));
    attacks.put(
        "unknown database",
        Attack.of(
            Frames.encode(
                frame(
                    Hello.newBuilder()
                        .setProtocolVersion(1)
                        .addSubscriptions(Subscription.newBuilder().setDatabase("77")))),
            Refusal.Reason.UNKNOWN_DATABASE));
    attacks.put("inflating block", Attack.of(chunkFrame, Refusal.Reason.MALFORMED));
    attacks.put(
        "inflating block after hello",
        Attack.of(joined(hello, chunkFrame), Refusal.Reason.MALFORMED));
    attacks.put(
        "inflating hello", Attack.of(Frames.encode(frame(bomb)), Refusal.Reason.LIMIT_EXCEEDED));
    attacks.put(
        "truncated frame", new Attack(Arrays.copyOf(hello, hello.length - 1), 0, true, null));
    attacks.put("silence", Attack.of(new byte[0], Refusal.Reason.HANDSHAKE_TIMEOUT));
    byte[] longHello =
        Frames.encode(
            frame(Hello.newBuilder().setProtocolVersion(1).setClientName("x".repeat(99))));
    attacks.put("slow hello", new Attack(longHello, 200, false, Refusal.Reason.HANDSHAKE_TIMEOUT));
    return attacks;
  }

  private static Frame frame(Hello.Builder hello) {
    return Frame.newBuilder().setHello(hello).build();
  }

  private static byte[] joined(byte[] one, byte[] other) {
    return ByteBuffer.allocate(one.length + other.length).put(one).put(other).array();
  }

  /** All of them at once, many times, in random order. */
  private Map<String, List<Future<Refusal>>> launch(Site site) {
    ExecutorService attackers =
        Executors.newCachedThreadPool(
            task -> {
              var thread = new Thread(task, "attacker");
              thread.setDaemon(true);
              return thread;
            });
    site.closed(attackers::shutdownNow);
    Map<String, Attack> attacks = attacks();
    List<String> order = new ArrayList<>();
    for (int i = 0; i < EACH; i++) {
      order.addAll(attacks.keySet());
    }
    java.util.Collections.shuffle(order, random);
    Map<String, List<Future<Refusal>>> answers = new LinkedHashMap<>();
    for (String name : order) {
      answers
          .computeIfAbsent(name, ignored -> new ArrayList<>())
          .add(attackers.submit(() -> attack(site.hubPort(), attacks.get(name))));
    }
    return answers;
  }

  /** The hub's last words, null when it ended without. */
  private static Refusal attack(int port, Attack attack) throws Exception {
    try (var socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 10_000);
      socket.setSoTimeout(READ_TIMEOUT_MS);
      if (attack.pauseMs() == 0) {
        socket.getOutputStream().write(attack.bytes());
      } else {
        sendSlowly(socket, attack);
      }
      if (attack.thenEnds()) {
        socket.shutdownOutput();
      }
      return lastRefusal(socket);
    }
  }

  /** Byte by byte, until the hub has had enough. */
  private static void sendSlowly(Socket socket, Attack attack) throws Exception {
    for (byte b : attack.bytes()) {
      try {
        socket.getOutputStream().write(b);
      } catch (IOException e) {
        return;
      }
      if (socket.getInputStream().available() > 0) {
        return;
      }
      TimeUnit.MILLISECONDS.sleep(attack.pauseMs());
    }
  }

  private static Refusal lastRefusal(Socket socket) throws IOException {
    var decoder = new FrameDecoder(WireLimits.DEFAULT.frameBytesMax());
    var last = new Refusal[1];
    byte[] buffer = new byte[8_192];
    for (int n = socket.getInputStream().read(buffer);
        n >= 0;
        n = socket.getInputStream().read(buffer)) {
      decoder.decode(
          ByteBuffer.wrap(buffer, 0, n),
          frame -> {
            if (frame.hasRefusal()) {
              last[0] = frame.getRefusal();
            }
          });
    }
    return last[0];
  }
}
