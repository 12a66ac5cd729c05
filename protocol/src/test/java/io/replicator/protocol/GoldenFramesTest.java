package io.replicator.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.replicator.protocol.v1.Ack;
import io.replicator.protocol.v1.Chunk;
import io.replicator.protocol.v1.Cursor;
import io.replicator.protocol.v1.Dictionary;
import io.replicator.protocol.v1.Feed;
import io.replicator.protocol.v1.FeedAck;
import io.replicator.protocol.v1.Frame;
import io.replicator.protocol.v1.Goodbye;
import io.replicator.protocol.v1.Heartbeat;
import io.replicator.protocol.v1.Hello;
import io.replicator.protocol.v1.Refusal;
import io.replicator.protocol.v1.Resume;
import io.replicator.protocol.v1.Source;
import io.replicator.protocol.v1.Subscribe;
import io.replicator.protocol.v1.Subscribed;
import io.replicator.protocol.v1.Subscription;
import io.replicator.protocol.v1.Unsubscribe;
import io.replicator.protocol.v1.Welcome;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The bytes of every message, as other programs depend on them. A change here is a change of the
 * protocol.
 */
class GoldenFramesTest {
  private static final ByteString EVERY_KIND_OF_BYTE =
      ByteString.copyFrom(new byte[] {0, 1, 0x7f, (byte) 0x80, (byte) 0xff, '*', '\n'});

  private static final Cursor LOADING =
      Cursor.newBuilder()
          .setEpoch(0x8899aabbccddeeffL)
          .setVersion(123_456_789L)
          .setPosition(EVERY_KIND_OF_BYTE)
          .build();

  private static final Cursor AT =
      Cursor.newBuilder().setEpoch(0x0102030405060708L).setVersion(Long.MAX_VALUE).build();

  private static final Map<String, Frame> SAMPLES = samples();

  private static Map<String, Frame> samples() {
    List<Frame> frames =
        List.of(
            Frame.newBuilder()
                .setHello(
                    Hello.newBuilder()
                        .setProtocolVersion(1)
                        .addCapabilities("dictionary")
                        .setClientId("0f1e2d3c4b5a6978")
                        .setClientName("site-b copy")
                        .addSubscriptions(
                            Subscription.newBuilder()
                                .setDatabase("5")
                                .addInclude(ByteString.copyFromUtf8("quote:*"))
                                .addInclude(EVERY_KIND_OF_BYTE))
                        .addSubscriptions(Subscription.getDefaultInstance())
                        .addResumes(
                            Resume.newBuilder()
                                .setDatabase("5")
                                .setFingerprint("00ff00ff00ff00ff")
                                .setCursor(LOADING))
                        .addResumes(Resume.newBuilder().setDatabase("0").setCursor(AT))
                        .setAckDelayMaxMs(200))
                .build(),
            Frame.newBuilder()
                .setWelcome(
                    Welcome.newBuilder()
                        .setProtocolVersion(1)
                        .addCapabilities("dictionary")
                        .setHubId("hub-1")
                        .setEpoch(0x8899aabbccddeeffL)
                        .addFeeds(
                            Feed.newBuilder()
                                .setId(1)
                                .setDatabase("5")
                                .setQos(2)
                                .addInclude(ByteString.copyFromUtf8("*"))
                                .addExclude(EVERY_KIND_OF_BYTE)
                                .setFingerprint("00ff00ff00ff00ff")
                                .setResumedFrom(AT)
                                .setResetReason("other epoch")
                                .setHead(1L << 40)
                                .setKeys(171_075)
                                .setBytes(20_620_000))
                        .addSources(
                            Source.newBuilder()
                                .setId("redis:0123abcd")
                                .setAddress("10.0.0.1:6379")
                                .addDatabases("5")
                                .addDatabases("0"))
                        .setHeartbeatIntervalMs(5_000)
                        .setBatchBytesMax(1 << 20)
                        .setSessionId(-1)
                        .setCreditBytes(4 << 20))
                .build(),
            Frame.newBuilder()
                .setRefusal(
                    Refusal.newBuilder()
                        .setReason(Refusal.Reason.UNSUPPORTED_VERSION)
                        .setDetail("version 9, 1 to 1 are spoken here")
                        .setProtocolVersionMin(1)
                        .setProtocolVersionMax(1))
                .build(),
            Frame.newBuilder()
                .setChunk(
                    Chunk.newBuilder()
                        .setFeed(300)
                        .setBatch(1L << 33)
                        .setBlockBytes(7)
                        .setLast(true)
                        .setPayload(EVERY_KIND_OF_BYTE))
                .build(),
            Frame.newBuilder()
                .setAck(
                    Ack.newBuilder()
                        .setReceivedBytes(1L << 35)
                        .addFeeds(
                            FeedAck.newBuilder().setFeed(1).setTakenBatch(9).setAppliedBatch(8))
                        .addFeeds(FeedAck.newBuilder().setFeed(2))
                        .setAckDelayUs(12_345))
                .build(),
            Frame.newBuilder()
                .setHeartbeat(
                    Heartbeat.newBuilder()
                        .setSentAtMs(1_700_000_000_000L)
                        .addHeads(0)
                        .addHeads(1L << 40))
                .build(),
            Frame.newBuilder()
                .setDictionary(
                    Dictionary.newBuilder()
                        .setId(3)
                        .setDatabase("5")
                        .setContent(EVERY_KIND_OF_BYTE))
                .build(),
            Frame.newBuilder()
                .setSubscribe(
                    Subscribe.newBuilder()
                        .setTag(1)
                        .setDatabase("5")
                        .addInclude(ByteString.copyFromUtf8("quote:*"))
                        .setResume(
                            Resume.newBuilder()
                                .setDatabase("5")
                                .setFingerprint("00ff00ff00ff00ff")
                                .setCursor(AT)))
                .build(),
            Frame.newBuilder()
                .setSubscribed(
                    Subscribed.newBuilder()
                        .setTag(300)
                        .setFeed(Feed.newBuilder().setId(7).setDatabase("5").setQos(3))
                        .setRefusal(
                            Refusal.newBuilder()
                                .setReason(Refusal.Reason.UNKNOWN_DATABASE)
                                .setDetail("database '6' is not served here")))
                .build(),
            Frame.newBuilder().setUnsubscribe(Unsubscribe.newBuilder().setTag(1)).build(),
            Frame.newBuilder().setGoodbye(Goodbye.newBuilder().setReason("shutting down")).build());
    Map<String, Frame> byName = new TreeMap<>();
    for (Frame frame : frames) {
      byName.put(frame.getMessageCase().name(), frame);
    }
    return byName;
  }

  static Stream<String> messages() {
    return Frame.getDescriptor().getOneofs().get(0).getFields().stream()
        .map(FieldDescriptor::getName);
  }

  @ParameterizedTest
  @MethodSource("messages")
  void shouldKeepTheBytesOfEveryMessage(String message) throws IOException {
    Frame frame = SAMPLES.get(message.toUpperCase(java.util.Locale.ROOT));
    assertThat(frame).as("sample of %s", message).isNotNull();
    byte[] golden = Hex.resource("/golden/" + message + ".hex");

    assertThat(Hex.text(Frames.encode(frame)))
        .as("/golden/%s.hex", message)
        .isEqualTo(golden == null ? null : Hex.text(golden));

    List<Frame> decoded = new ArrayList<>();
    new FrameDecoder(WireLimits.SMALL.frameBytesMax())
        .decode(ByteBuffer.wrap(golden), decoded::add);
    assertThat(decoded).containsExactly(frame);
  }

  @Test
  void shouldUseEveryFieldInTheSamples() {
    for (Frame frame : SAMPLES.values()) {
      FieldDescriptor message =
          Frame.getDescriptor().findFieldByNumber(frame.getMessageCase().getNumber());
      var content = (com.google.protobuf.Message) frame.getField(message);
      assertThat(content.getAllFields().keySet())
          .as("fields of %s", message.getName())
          .containsAll(message.getMessageType().getFields());
    }
  }
}
