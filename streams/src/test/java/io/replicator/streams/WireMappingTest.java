package io.replicator.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.replicator.protocol.WireException;
import io.replicator.protocol.v1.Refusal;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.Epoch;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.KeyGlob;
import io.replicator.replication.QosLevel;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class WireMappingTest {
  private static final KeyFilter FILTER =
      new KeyFilter(
          List.of(KeyGlob.of("quote:*"), KeyGlob.of(Bytes.wrap(new byte[] {(byte) 0xff, 0}))),
          List.of(KeyGlob.of("quote:x*")));

  @Provide
  Arbitrary<Cursor> cursors() {
    return Batches.cursors();
  }

  @Property
  void shouldMapCursorsBothWays(@ForAll("cursors") Cursor cursor) {
    assertThat(WireMapping.toCursor(WireMapping.toWire(cursor))).isEqualTo(cursor);
  }

  @Test
  void shouldTakeAnAbsentOrDefaultCursorForNothing() {
    assertThat(WireMapping.toWire(Cursor.NOTHING)).isNull();
    assertThat(WireMapping.toCursor(null)).isEqualTo(Cursor.NOTHING);
    assertThat(WireMapping.toCursor(io.replicator.protocol.v1.Cursor.getDefaultInstance()))
        .isEqualTo(Cursor.NOTHING);
  }

  @Test
  void shouldNotSendACursorThatWouldBeTakenForNothing() {
    assertThatThrownBy(() -> WireMapping.toWire(new Cursor.At(new Epoch(0), 0)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void shouldRefuseACursorBeyondTheVersionsThereAre() {
    var wire = io.replicator.protocol.v1.Cursor.newBuilder().setEpoch(1).setVersion(-1).build();

    assertThatThrownBy(() -> WireMapping.toCursor(wire))
        .isInstanceOf(WireException.class)
        .hasMessageContaining("18446744073709551615");
  }

  @Test
  void shouldMapFeedsBothWays() {
    Feed feed =
        new Feed(3, new FeedKey("5", WireMapping.fingerprint("5", FILTER)), QosLevel.LOW, FILTER);
    Cursor cursor = new Cursor.At(new Epoch(7), 9);

    var wire = WireMapping.toWire(feed, cursor, "why", 10, 11, 12);

    assertThat(WireMapping.toFeed(wire)).isEqualTo(feed);
    assertThat(WireMapping.toCursor(wire.getResumedFrom())).isEqualTo(cursor);
    assertThat(wire.getResetReason()).isEqualTo("why");
    assertThat(List.of(wire.getHead(), wire.getKeys(), wire.getBytes()))
        .containsExactly(10L, 11L, 12L);
    assertThat(WireMapping.toWire(feed, Cursor.NOTHING, "", 0, 0, 0).hasResumedFrom()).isFalse();
  }

  @Test
  void shouldRefuseAnUnknownQos() {
    var wire = io.replicator.protocol.v1.Feed.newBuilder().setQos(4).build();

    assertThatThrownBy(() -> WireMapping.toFeed(wire))
        .isInstanceOf(WireException.class)
        .hasMessageContaining("QoS 4");
  }

  @Test
  void shouldTakeNoIncludedGlobForEveryKey() {
    assertThat(WireMapping.toFilter(List.of(), List.of())).isEqualTo(KeyFilter.ALL);
    assertThat(WireMapping.toFilter(List.of(), List.of(ByteString.copyFromUtf8("a*"))))
        .isEqualTo(new KeyFilter(KeyFilter.ALL.include(), List.of(KeyGlob.of("a*"))));
  }

  @Test
  void shouldRefuseMoreOrLongerGlobsThanAllowed() {
    ByteString longest = ByteString.copyFrom(new byte[WireMapping.GLOB_BYTES_MAX]);
    List<ByteString> most = Collections.nCopies(WireMapping.GLOBS_MAX, longest);
    assertThat(WireMapping.toFilter(most, most).include()).hasSize(WireMapping.GLOBS_MAX);

    assertLimited(Collections.nCopies(WireMapping.GLOBS_MAX + 1, longest), "1001", "1000");
    assertLimited(List.of(longest.concat(longest)), "2048", "1024");
  }

  private static void assertLimited(List<ByteString> globs, String... parts) {
    for (List<List<ByteString>> filter :
        Arrays.asList(
            List.of(globs, List.<ByteString>of()), List.of(List.<ByteString>of(), globs))) {
      assertThatThrownBy(() -> WireMapping.toFilter(filter.get(0), filter.get(1)))
          .isInstanceOfSatisfying(
              WireException.class,
              e -> assertThat(e.reason()).isEqualTo(Refusal.Reason.LIMIT_EXCEEDED))
          .hasMessageContainingAll(parts);
    }
  }

  @Test
  void shouldTellFeedsApartByFingerprint() {
    KeyFilter ab = filter(List.of("a", "b"), List.of());
    List<String> prints =
        List.of(
            WireMapping.fingerprint("5", ab),
            WireMapping.fingerprint("50", ab),
            WireMapping.fingerprint("5", filter(List.of("ab"), List.of())),
            WireMapping.fingerprint("5", filter(List.of("a"), List.of("b"))),
            WireMapping.fingerprint("5", KeyFilter.ALL));

    assertThat(prints).doesNotHaveDuplicates().allMatch(print -> print.matches("[0-9a-f]{16}"));
    assertThat(WireMapping.fingerprint("5", filter(List.of("a", "b"), List.of())))
        .isEqualTo(prints.get(0));
  }

  @Test
  void shouldKeepFingerprintsAsCursorsAreStoredUnderThem() {
    assertThat(WireMapping.fingerprint("0", KeyFilter.ALL)).isEqualTo("0818d5bbbdbdfee1");
  }

  private static KeyFilter filter(List<String> include, List<String> exclude) {
    return new KeyFilter(
        include.stream().map(KeyGlob::of).toList(), exclude.stream().map(KeyGlob::of).toList());
  }
}
