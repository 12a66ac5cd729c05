package io.replicator.streams.receive;

import static io.replicator.streams.receive.HubScript.at;
import static io.replicator.streams.receive.HubScript.delta;
import static io.replicator.streams.receive.HubScript.feed;
import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.protocol.v1.Welcome;
import io.replicator.replication.Batch;
import io.replicator.replication.Cursor;
import io.replicator.streams.Feed;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientSessionTest {
  @RegisterExtension static final StreamSystem SYSTEM = new StreamSystem();

  private static final int FEEDS = 3;
  private static final int BATCHES = 40;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void shouldApplyInterleavedFeedsInOrderWhateverPiecesTheBytesComeIn(long seed) throws Exception {
    var random = new Random(seed);
    ByteString bytes = interleaved(random);
    var sink = new HeldSink();
    ClientSession session =
        Source.from(pieces(bytes, random))
            .concat(Source.maybe())
            .viaMat(
                ClientSession.flow(
                    HubScript.HELLO,
                    sink,
                    ReceiveSettings.DEFAULT.withBundleBytesMax(20_000),
                    InstantSource.system()),
                Keep.right())
            .to(Sink.ignore())
            .run(SYSTEM.get());

    Map<Feed, Cursor> reached = new HashMap<>();
    int applied = 0;
    while (applied < FEEDS * BATCHES) {
      HeldSink.Call call = sink.nextCall();
      for (Batch batch : call.batches()) {
        assertThat(batch.from()).isEqualTo(reached.getOrDefault(call.feed(), at(0)));
        reached.put(call.feed(), batch.to());
        applied++;
      }
      call.succeed();
    }

    session.caughtUp().toCompletableFuture().get(5, TimeUnit.SECONDS);
    session.stop("done");
    session.done().toCompletableFuture().get(5, TimeUnit.SECONDS);
    assertThat(reached.values()).containsOnly(at(BATCHES));
  }

  /** A Welcome, and the chunks of all feeds, at random but in order within each. */
  private static ByteString interleaved(Random random) {
    var lanes = new ArrayList<Deque<ByteString>>();
    Welcome.Builder welcome = HubScript.welcome();
    for (int id = 0; id < FEEDS; id++) {
      welcome.addFeeds(HubScript.resumed(feed(id, "db" + id), at(0), BATCHES));
      var lane = new ArrayDeque<ByteString>();
      for (int n = 1; n <= BATCHES; n++) {
        byte[] block =
            HubScript.block(delta(n - 1, n, n % 4 == 0, random.nextInt(id == 0 ? 100 : 9_000)));
        lane.addAll(HubScript.chunks(id, n, block, 1 + random.nextInt(1_500)));
      }
      lanes.add(lane);
    }
    var frames = new ArrayList<ByteString>(List.of(HubScript.frame(welcome)));
    while (!lanes.isEmpty()) {
      Deque<ByteString> lane = lanes.get(random.nextInt(lanes.size()));
      frames.add(random.nextInt(50) == 0 ? HubScript.heartbeat(1L) : lane.remove());
      lanes.removeIf(Deque::isEmpty);
    }
    return HubScript.concat(frames);
  }

  private static List<ByteString> pieces(ByteString bytes, Random random) {
    var pieces = new ArrayList<ByteString>();
    int longest = random.nextBoolean() ? 7 + random.nextInt(50) : 20_000;
    for (int from = 0; from < bytes.size(); ) {
      int to = Math.min(bytes.size(), from + 1 + random.nextInt(longest));
      pieces.add(bytes.slice(from, to).compact());
      from = to;
    }
    return pieces;
  }
}
