package io.replicator.benchmarks.crowd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.replicator.protocol.FrameDecoder;
import io.replicator.protocol.Frames;
import io.replicator.protocol.v1.Ack;
import io.replicator.protocol.v1.Feed;
import io.replicator.protocol.v1.Frame;
import io.replicator.protocol.v1.Heartbeat;
import io.replicator.protocol.v1.Refusal;
import io.replicator.protocol.v1.Subscribed;
import io.replicator.protocol.v1.Welcome;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionConversationTest {
  private static final int FEED = 3;
  private static final byte[] BLOCK = new byte[2_500];

  private final Tally tally = new Tally();
  private final SessionConversation conversation =
      SessionConversation.withSubscribe(tally, null, "test", "0", Quotes.PATTERN);

  @Test
  void shouldSubscribeInTheMessageWithItsHello() {
    List<Frame> said = frames(conversation.opening());

    assertThat(said)
        .extracting(Frame::getMessageCase)
        .containsExactly(Frame.MessageCase.HELLO, Frame.MessageCase.SUBSCRIBE);
    assertThat(said.get(0).getHello().getCapabilitiesList()).containsExactly("subscribe");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 1_000, 1_000_000})
  void shouldCountBatchesAndAcknowledgeThemWhateverThePiecesAre(int pieceBytes) throws IOException {
    byte[] afterWelcome =
        joined(subscribed(), chunk(1, 0, 1_000), chunk(1, 1_000, 2_500), chunk(2, 0, 2_500));

    hear(joined(welcome(), afterWelcome), pieceBytes);

    assertThat(conversation.established()).isTrue();
    assertThat(tally.taken(1, 0, 0, "").messages()).isEqualTo(2);
    Ack ack = frames(conversation.answer()).get(0).getAck();
    assertThat(ack.getReceivedBytes()).isEqualTo(afterWelcome.length);
    assertThat(ack.getFeedsList()).hasSize(1);
    assertThat(ack.getFeeds(0).getFeed()).isEqualTo(FEED);
    assertThat(ack.getFeeds(0).getTakenBatch()).isEqualTo(2);
    assertThat(ack.getFeeds(0).getAppliedBatch()).isEqualTo(2);
  }

  @Test
  void shouldNotCountABatchBeforeItsLastChunk() throws IOException {
    hear(joined(welcome(), subscribed(), chunk(1, 0, 1_000)), 1_000_000);

    assertThat(tally.taken(1, 0, 0, "").messages()).isZero();
    assertThat(frames(conversation.answer()).get(0).getAck().getFeeds(0).getTakenBatch()).isZero();
  }

  @Test
  void shouldFailWhereABatchIsMissing() throws IOException {
    hear(joined(welcome(), subscribed(), chunk(1, 0, 2_500)), 1_000_000);

    assertThatThrownBy(() -> hear(chunk(3, 0, 2_500), 1_000_000))
        .isInstanceOf(IOException.class)
        .hasMessage("batch 3 after batch 1");
  }

  @Test
  void shouldAnswerHeartbeatsAtOnce() throws IOException {
    hear(joined(welcome(), subscribed()), 1_000_000);
    byte[] heartbeat =
        Frames.encode(Frame.newBuilder().setHeartbeat(Heartbeat.newBuilder().addHeads(9)).build());

    assertThat(conversation.hear(ByteBuffer.wrap(heartbeat))).isEqualTo(Conversation.Due.NOW);
    assertThat(conversation.hear(ByteBuffer.wrap(chunk(1, 0, 2_500))))
        .isEqualTo(Conversation.Due.SOON);
  }

  @Test
  void shouldFailWithTheReasonWhereTheHubRefuses() throws IOException {
    hear(welcome(), 1_000_000);
    var refusal = Refusal.newBuilder().setDetail("there is no database 0");
    byte[] refused =
        Frames.encode(
            Frame.newBuilder()
                .setSubscribed(Subscribed.newBuilder().setTag(1).setRefusal(refusal))
                .build());

    assertThatThrownBy(() -> hear(refused, 1_000_000))
        .hasMessage("refused: there is no database 0");
  }

  private void hear(byte[] bytes, int pieceBytes) throws IOException {
    for (int at = 0; at < bytes.length; at += pieceBytes) {
      ByteBuffer piece = ByteBuffer.wrap(bytes, at, Math.min(pieceBytes, bytes.length - at));
      conversation.hear(piece);
      assertThat(piece.hasRemaining()).isFalse();
    }
  }

  private static byte[] welcome() {
    return Frames.encode(
        Frame.newBuilder().setWelcome(Welcome.newBuilder().setHubId("hub")).build());
  }

  private static byte[] subscribed() {
    return Frames.encode(
        Frame.newBuilder()
            .setSubscribed(Subscribed.newBuilder().setTag(1).setFeed(Feed.newBuilder().setId(FEED)))
            .build());
  }

  private static byte[] chunk(long batch, int from, int to) {
    return Frames.encodeChunk(
        FEED, batch, from == 0 ? BLOCK.length : 0, to == BLOCK.length, BLOCK, from, to);
  }

  private static byte[] joined(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  private static List<Frame> frames(byte[] bytes) {
    List<Frame> frames = new ArrayList<>();
    new FrameDecoder(1 << 20).decode(ByteBuffer.wrap(bytes), frames::add);
    return frames;
  }
}
