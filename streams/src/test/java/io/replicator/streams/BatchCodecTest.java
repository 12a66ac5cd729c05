package io.replicator.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.replicator.protocol.WireException;
import io.replicator.protocol.v1.Pieces;
import io.replicator.protocol.v1.Refusal;
import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.Epoch;
import io.replicator.replication.VersionedRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class BatchCodecTest {
  private static final Epoch EPOCH = new Epoch(0x0102030405060708L);
  private static final io.replicator.protocol.v1.Cursor FROM =
      WireMapping.toWire(new Cursor.At(EPOCH, 40));
  private static final io.replicator.protocol.v1.Cursor TO =
      WireMapping.toWire(new Cursor.At(EPOCH, 43));

  @Provide
  Arbitrary<Batch> batches() {
    return Batches.any();
  }

  @Property
  void shouldDecodeWhatWasEncoded(@ForAll("batches") Batch batch, @ForAll long pulledAtMs) {
    BatchCodec.Decoded decoded = BatchCodec.decode(BatchCodec.encode(batch, pulledAtMs));

    assertThat(decoded.batch()).isEqualTo(batch);
    assertThat(decoded.pulledAtMs()).isEqualTo(pulledAtMs);
  }

  @Property
  void shouldWriteWhatProtobufWrites(@ForAll("batches") Batch batch)
      throws InvalidProtocolBufferException {
    assertWrittenAsProtobufDoes(BatchCodec.encode(batch, 1));
  }

  private static io.replicator.protocol.v1.Batch assertWrittenAsProtobufDoes(byte[] plain)
      throws InvalidProtocolBufferException {
    var generated = io.replicator.protocol.v1.Batch.parseFrom(plain);
    assertThat(generated.toByteArray()).isEqualTo(plain);
    assertThat(generated.getUnknownFields().asMap()).isEmpty();
    return generated;
  }

  @Property(tries = 50)
  void shouldRefuseOrTakeABatchCutAnywhere(@ForAll("batches") Batch batch) {
    byte[] plain = BatchCodec.encode(batch, 1);
    for (int length = 0; length < plain.length; length++) {
      decodeOrRefuse(Arrays.copyOf(plain, length));
    }
  }

  @Property(tries = 50)
  void shouldRefuseOrTakeFlippedBits(@ForAll("batches") Batch batch, @ForAll long seed) {
    byte[] plain = BatchCodec.encode(batch, 1);
    Random random = new Random(seed);
    for (int i = 0; i < 100; i++) {
      byte[] flipped = plain.clone();
      for (int flips = random.nextInt(3); flips >= 0; flips--) {
        flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
      }
      decodeOrRefuse(flipped);
    }
  }

  @Property
  void shouldRefuseOrTakeRandomBytes(@ForAll byte[] plain) {
    decodeOrRefuse(plain);
  }

  private static void decodeOrRefuse(byte[] plain) {
    try {
      Batch batch = BatchCodec.decode(plain).batch();
      // What was taken is a batch that the wire can carry.
      assertThat(BatchCodec.decode(BatchCodec.encode(batch, 0)).batch()).isEqualTo(batch);
    } catch (WireException e) {
      assertThat(e.reason()).isIn(Refusal.Reason.MALFORMED, Refusal.Reason.LIMIT_EXCEEDED);
      assertThat(e).hasMessageMatching("(?s).+");
    }
  }

  // ---- Values in pieces

  private static Batch ofValues(List<Bytes> values) {
    List<Bytes> keys = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      keys.add(Bytes.utf8(String.format("key:%04d", i)));
    }
    return Batches.ofStrings(keys, values);
  }

  private static List<Bytes> members(int count) {
    List<Bytes> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(
          Bytes.utf8(
              "{\"name\":\"n,"
                  + i
                  + "\",\"lat\":"
                  + i * 0.37
                  + (i % 3 == 0 ? ",\"flag\":true" : "")
                  + ",\"country\":\"AD\"}"));
    }
    return values;
  }

  @Test
  void shouldCutValuesOfCommonFormIntoPieces() throws InvalidProtocolBufferException {
    Batch batch = ofValues(members(100));
    byte[] plain = BatchCodec.encode(batch, 5);

    var generated = assertWrittenAsProtobufDoes(plain);

    assertThat(generated.getValueLengthsCount()).isZero();
    assertThat(generated.getPieces().getTagsList())
        .extracting(ByteString::toStringUtf8)
        .containsExactly("", "{\"name\":", "\"lat\":", "\"flag\":", "\"country\":");
    assertThat(BatchCodec.decode(plain).batch()).isEqualTo(batch);
  }

  @Test
  void shouldCutLinesIntoPieces() throws InvalidProtocolBufferException {
    List<Bytes> values = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      values.add(
          Bytes.utf8("Package: p" + i + "\nVersion: " + i + ", a\nDepends: libc6\n one: two\n"));
    }
    Batch batch = ofValues(values);
    byte[] plain = BatchCodec.encode(batch, 5);

    assertThat(assertWrittenAsProtobufDoes(plain).getPieces().getEnd()).isEqualTo('\n');
    assertThat(BatchCodec.decode(plain).batch()).isEqualTo(batch);
  }

  @Property
  void shouldPutAnyValuesTogetherAgainFromPieces(@ForAll List<byte[]> odd, @ForAll long seed) {
    List<Bytes> values = members(40);
    Random random = new Random(seed);
    for (byte[] value : odd) {
      values.set(random.nextInt(values.size()), Bytes.wrap(value));
    }
    values.set(0, Bytes.EMPTY);
    values.set(1, Bytes.utf8(","));
    values.set(2, Bytes.utf8("a:,b:,:,"));
    Batch batch = ofValues(values);

    assertThat(BatchCodec.decode(BatchCodec.encode(batch, 5)).batch()).isEqualTo(batch);
  }

  @Test
  void shouldPutMoreTagsThanThereAreNumbersIntoTheEmptyOne() throws Exception {
    List<Bytes> values = members(200);
    for (int i = 0; i < 200; i++) {
      // Between the samples by which the form is chosen.
      if (i % 6 != 0) {
        values.set(i, Bytes.utf8("\"tag" + i + "\":1,\"other" + i + "\":2"));
      }
    }
    Batch batch = ofValues(values);
    byte[] plain = BatchCodec.encode(batch, 5);

    assertThat(assertWrittenAsProtobufDoes(plain).getPieces().getTagsCount())
        .isEqualTo(PieceForm.TAGS_MAX);
    assertThat(BatchCodec.decode(plain).batch()).isEqualTo(batch);
  }

  @Test
  void shouldRefusePiecesThatContradictEachOther() throws InvalidProtocolBufferException {
    var wire =
        io.replicator.protocol.v1.Batch.parseFrom(BatchCodec.encode(ofValues(members(20)), 5));
    Pieces pieces = wire.getPieces();

    assertRefused(wire, pieces.toBuilder().setEnd(256), "ends its pieces with 256");
    assertRefused(wire, pieces.toBuilder().clearRests(), "tags, rests for 0");
    assertRefused(wire, pieces.toBuilder().clearTags(), "has 0 tags");
    assertRefused(wire, pieces.toBuilder().clearShapes(), "tags, rests for");
    assertRefused(wire, pieces.toBuilder().setShapes(0, 0), "shapes");
    assertRefused(wire, pieces.toBuilder().setShapes(1, 77), "tag 77 of");
    assertRefused(wire, pieces.toBuilder().setShapes(0, 1 << 30), "shapes");
    assertRefused(wire, pieces.toBuilder().addShapes(1).addShapes(0), "end");
    assertRefused(wire, pieces.toBuilder().setRests(1, ByteString.EMPTY), "rests");
    assertRefused(
        wire, pieces.toBuilder().setTags(1, ByteString.copyFrom(new byte[33])), "tag of 33 bytes");
  }

  private static void assertRefused(
      io.replicator.protocol.v1.Batch wire, Pieces.Builder pieces, String part) {
    byte[] plain = wire.toBuilder().setPieces(pieces).build().toByteArray();
    assertThatThrownBy(() -> BatchCodec.decode(plain))
        .isInstanceOf(WireException.class)
        .hasMessageContaining(part);
  }

  @Test
  void shouldRefuseTagsThatRepeatTooMuchBeforeTheyAreAllocated() {
    Pieces.Builder pieces =
        Pieces.newBuilder()
            .setEnd(',')
            .addTags(ByteString.EMPTY)
            .addTags(ByteString.copyFrom(new byte[PieceForm.TAG_BYTES_MAX]))
            .addRests(ByteString.EMPTY);
    int count = BatchCodec.SHARED_BYTES_MAX / PieceForm.TAG_BYTES_MAX + 1;
    pieces.addShapes(count);
    for (int i = 0; i < count; i++) {
      pieces.addShapes(1);
    }
    byte[] rests = new byte[count];
    Arrays.fill(rests, (byte) ',');
    pieces.addRests(ByteString.copyFrom(rests));
    var wire =
        io.replicator.protocol.v1.Batch.newBuilder()
            .setTo(TO)
            .setKinds(ByteString.copyFrom(new byte[] {1 << 2}))
            .addKeyRest(0)
            .setPieces(pieces)
            .build();

    assertThatThrownBy(() -> BatchCodec.decode(wire.toByteArray()))
        .isInstanceOfSatisfying(
            WireException.class,
            e -> assertThat(e.reason()).isEqualTo(Refusal.Reason.LIMIT_EXCEEDED))
        .hasMessageContaining(String.valueOf(BatchCodec.SHARED_BYTES_MAX));
  }

  // ---- Shared beginnings

  @Test
  void shouldStopSharingBeforeABatchGrowsTooMuch() {
    byte[] longKey = new byte[1 << 20];
    List<VersionedRecord> records = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      byte[] key = longKey.clone();
      key[key.length - 1] = (byte) i;
      records.add(
          new VersionedRecord.Header(Bytes.wrap(key), DataType.STRING, Bytes.EMPTY, 0, true, 0, 0));
    }
    Batch batch = new Batch(Cursor.NOTHING, new Cursor.At(EPOCH, 1), true, false, records);
    byte[] plain = BatchCodec.encode(batch, 0);

    assertThat(plain.length).isBetween(7 << 20, 10 << 20);
    assertThat(BatchCodec.decode(plain).batch()).isEqualTo(batch);
  }

  @Test
  void shouldRefuseKeysThatRepeatTooMuchBeforeTheyAreAllocated() {
    var wire = io.replicator.protocol.v1.Batch.newBuilder().setTo(TO);
    byte[] kinds = new byte[18];
    Arrays.fill(kinds, (byte) (3 << 2));
    wire.setKinds(ByteString.copyFrom(kinds)).setKeys(ByteString.copyFrom(new byte[1 << 20]));
    wire.addKeyShared(0).addKeyRest(1 << 20);
    for (int i = 1; i < kinds.length; i++) {
      wire.addKeyShared(1 << 20).addKeyRest(0);
    }

    assertThatThrownBy(() -> BatchCodec.decode(wire.build().toByteArray()))
        .isInstanceOfSatisfying(
            WireException.class,
            e -> assertThat(e.reason()).isEqualTo(Refusal.Reason.LIMIT_EXCEEDED))
        .hasMessageContaining("key_shared");
  }

  // ---- Contradictions

  /** Deletes key "k1", sets field "f" of hash "k1" to "v", expires string "k2" = "w" at 1000. */
  private static io.replicator.protocol.v1.Batch.Builder wire() {
    return io.replicator.protocol.v1.Batch.newBuilder()
        .setFrom(FROM)
        .setTo(TO)
        .setKinds(bytes(0x02, 0x8d, 0x64))
        .addKeyShared(0)
        .addKeyRest(2)
        .addKeyShared(1)
        .addKeyRest(1)
        .setKeys(ByteString.copyFromUtf8("k12"))
        .addFieldRest(1)
        .setFields(ByteString.copyFromUtf8("f"))
        .addValueLengths(1)
        .addValueLengths(1)
        .setValues(ByteString.copyFromUtf8("vw"))
        .addExpiries(1000)
        .addVersions(1)
        .addVersions(1)
        .addVersions(1)
        .setPulledAtMs(1_700_000_000_000L);
  }

  private static ByteString bytes(int... bytes) {
    byte[] narrowed = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      narrowed[i] = (byte) bytes[i];
    }
    return ByteString.copyFrom(narrowed);
  }

  @Test
  void shouldKeepTheBytesOfABatch() throws Exception {
    // The worked example of docs/protocol.md.
    Bytes k1 = Bytes.utf8("k1");
    Batch batch =
        new Batch(
            new Cursor.At(EPOCH, 40),
            new Cursor.At(EPOCH, 43),
            true,
            false,
            List.of(
                new VersionedRecord.DeletedKey(k1, 41),
                new VersionedRecord.Field(
                    k1, DataType.HASH, Bytes.utf8("f"), Bytes.utf8("v"), 42, 0),
                new VersionedRecord.Header(
                    Bytes.utf8("k2"), DataType.STRING, Bytes.utf8("w"), 1000, true, 43, 43)));
    byte[] golden;
    try (var in = BatchCodecTest.class.getResourceAsStream("/golden/batch.hex")) {
      golden =
          HexFormat.of()
              .parseHex(
                  new String(in.readAllBytes(), java.nio.charset.StandardCharsets.US_ASCII)
                      .replaceAll("\\s", ""));
    }

    assertThat(HexFormat.of().formatHex(BatchCodec.encode(batch, 1_700_000_000_000L)))
        .isEqualTo(HexFormat.of().formatHex(golden));
    assertThat(BatchCodec.decode(golden).batch()).isEqualTo(batch);
    assertThat(BatchCodec.decode(wireWithFlags().build().toByteArray()).batch()).isEqualTo(batch);
  }

  private static io.replicator.protocol.v1.Batch.Builder wireWithFlags() {
    return wire().setFrontier(true);
  }

  private static void assertMalformed(
      io.replicator.protocol.v1.Batch.Builder wire, String... parts) {
    byte[] plain = wire.build().toByteArray();
    assertThatThrownBy(() -> BatchCodec.decode(plain))
        .isInstanceOfSatisfying(
            WireException.class, e -> assertThat(e.reason()).isEqualTo(Refusal.Reason.MALFORMED))
        .hasMessageContainingAll(parts);
  }

  @Test
  void shouldNameTheColumnThatContradicts() {
    assertMalformed(wire().clearKinds(), "left after 0 records");
    assertMalformed(wire().setKinds(bytes(0x02, 0x8d)), "left after 2 records");
    assertMalformed(wire().setKinds(bytes(0x02, 0x8d, 0x64, 0x82)), "versions", "ends");
    assertMalformed(wire().setKinds(bytes(0x82, 0x8d, 0x64)), "first record");
    assertMalformed(wire().setKinds(bytes(0x0a, 0x8d, 0x64)), "deleted key with a type");
    assertMalformed(wire().setKinds(bytes(0x22, 0x8d, 0x64)), "flags of a header");
    assertMalformed(wire().setKinds(bytes(0x02, 0xcd, 0x64)), "flags of a header");
    assertMalformed(wire().setKinds(bytes(0x02, 0x81, 0x64)), "no type");
    assertMalformed(wire().setKinds(bytes(0x02, 0x85, 0x64)), "field of a STRING");
    assertMalformed(wire().setKeyShared(0, 1), "key_shared", "shares 1", "predecessor of 0");
    assertMalformed(wire().setKeyShared(1, 3), "key_shared");
    assertMalformed(wire().addKeyShared(0).addKeyRest(0), "key_shared");
    assertMalformed(wire().setKeyRest(0, 3), "keys");
    assertMalformed(wire().setKeyRest(1, -1), "key_rest", "4294967295");
    assertMalformed(wire().setKeyRest(1, Integer.MAX_VALUE), "key_rest");
    assertMalformed(wire().addKeyRest(0), "key_rest");
    assertMalformed(wire().setKeys(ByteString.copyFromUtf8("k123")), "keys", "1 of 4");
    assertMalformed(wire().clearFieldRest(), "field_rest");
    assertMalformed(wire().clearFields(), "fields");
    assertMalformed(wire().clearValueLengths(), "value_lengths");
    assertMalformed(wire().setValueLengths(0, -1), "value_lengths", "4294967295");
    assertMalformed(wire().setValueLengths(0, Integer.MAX_VALUE), "values");
    assertMalformed(wire().setValues(ByteString.copyFromUtf8("vwx")), "values");
    assertMalformed(wire().clearExpiries(), "expiries");
    assertMalformed(wire().addExpiries(1), "expiries");
    assertMalformed(wire().setExpiries(0, 0), "expires at 0");
    assertMalformed(wire().clearVersions(), "versions");
    assertMalformed(wire().setVersions(0, -41), "version -1");
    assertMalformed(wire().setPieces(Pieces.getDefaultInstance()), "both layouts");
  }

  @Test
  void shouldRefuseCursorsThatContradict() {
    assertMalformed(wire().clearTo(), "no cursor");
    assertMalformed(wire().setFrom(TO).setTo(FROM), "43", "40");
    assertMalformed(wire().setTo(TO.toBuilder().setEpoch(9)), "leads from");
    assertMalformed(wire().setTo(TO.toBuilder().setVersion(-1)), "18446744073709551615");
    assertMalformed(wire().setTo(TO.toBuilder().setPosition(ByteString.EMPTY)), "into a load");
    assertMalformed(wire().clearFrom().clearVersions(), "tombstone in a load");
    assertMalformed(
        wire().setFrom(FROM.toBuilder().setPosition(ByteString.EMPTY)), "tombstone in a load");
    assertMalformed(
        wire().clearFrom().setKinds(bytes(0x04, 0x8d, 0x64)).addValueLengths(0),
        "versions",
        "left after 3 records");
  }

  @Test
  void shouldRefuseAColumnThatComesTwice() {
    byte[] plain = wire().build().toByteArray();
    byte[] twice = Arrays.copyOf(plain, plain.length + 3);
    twice[plain.length] = 8 << 3 | 2;
    twice[plain.length + 1] = 1;

    assertThatThrownBy(() -> BatchCodec.decode(twice))
        .isInstanceOf(WireException.class)
        .hasMessageContaining("keys of a batch comes twice");
  }

  @Test
  void shouldIgnoreUnknownFields() {
    byte[] plain = wire().build().toByteArray();
    byte[] more = Arrays.copyOf(plain, plain.length + 3);
    more[plain.length] = (byte) 0xf8;
    more[plain.length + 1] = 0x06;
    more[plain.length + 2] = 1;

    assertThat(BatchCodec.decode(more)).isEqualTo(BatchCodec.decode(plain));
  }

  @Test
  void shouldRefuseMoreRecordsThanABatchHas() {
    byte[] plain =
        io.replicator.protocol.v1.Batch.newBuilder()
            .setTo(TO)
            .setKinds(ByteString.copyFrom(new byte[BatchCodec.RECORDS_MAX + 1]))
            .build()
            .toByteArray();

    assertThatThrownBy(() -> BatchCodec.decode(plain))
        .isInstanceOfSatisfying(
            WireException.class,
            e -> assertThat(e.reason()).isEqualTo(Refusal.Reason.LIMIT_EXCEEDED));
  }

  @Test
  void shouldNotEncodeATombstoneInALoad() {
    Batch batch =
        new Batch(
            Cursor.NOTHING,
            new Cursor.At(EPOCH, 1),
            true,
            false,
            List.of(new VersionedRecord.DeletedKey(Bytes.utf8("k"), 1)));

    assertThatThrownBy(() -> BatchCodec.encode(batch, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("tombstone of k");
  }
}
