package io.replicator.http.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.Entry;
import io.replicator.replication.Epoch;
import io.replicator.replication.VersionedRecord;
import io.replicator.replication.VersionedRecord.DeletedField;
import io.replicator.replication.VersionedRecord.DeletedKey;
import io.replicator.replication.VersionedRecord.Field;
import io.replicator.replication.VersionedRecord.Header;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchJsonTest {
  private static final Epoch EPOCH = new Epoch(0x0102030405060708L);
  private static final long NOW_MS = 1_700_000_000_000L;
  private static final Cursor.At FROM = new Cursor.At(EPOCH, 40);

  @Test
  void shouldWriteADeltaAsTheGoldenOne() throws Exception {
    Batch delta =
        new Batch(
            FROM,
            new Cursor.At(EPOCH, 60),
            true,
            false,
            List.of(
                string("plain", "text with \"quotes\" and \u20ac", 0),
                string("mortal", "v", NOW_MS + 1500),
                string("overdue", "v", NOW_MS - 5),
                new DeletedKey(Bytes.utf8("gone"), 44),
                header("list", DataType.LIST, Bytes.wrap(new byte[] {1, 'a', 0, 2, 'b', 'c'})),
                header("hash", DataType.HASH, Bytes.EMPTY),
                field("hash", DataType.HASH, Bytes.utf8("f"), Bytes.utf8("1")),
                field("hash", DataType.HASH, Bytes.utf8("g"), Bytes.utf8("2")),
                header("set", DataType.SET, Bytes.EMPTY),
                field("set", DataType.SET, Bytes.utf8("m"), Bytes.EMPTY),
                header("zset", DataType.ZSET, Bytes.EMPTY),
                field("zset", DataType.ZSET, Bytes.utf8("one"), score(1)),
                field("zset", DataType.ZSET, Bytes.utf8("pi"), score(3.25)),
                field("zset", DataType.ZSET, Bytes.utf8("most"), score(Double.POSITIVE_INFINITY)),
                field("zset", DataType.ZSET, Bytes.utf8("least"), score(Double.NEGATIVE_INFINITY)),
                field("zset", DataType.ZSET, Bytes.utf8("nought"), score(-0.0)),
                header("stream", DataType.STREAM, Bytes.EMPTY),
                field("stream", DataType.STREAM, id(5, 1), Bytes.wrap(new byte[] {1, 'n', 1, 'v'})),
                header("module", DataType.OPAQUE, Bytes.wrap(new byte[] {7, (byte) 0xfe})),
                header("binary", DataType.HASH, Bytes.EMPTY),
                field(
                    "binary", DataType.HASH, Bytes.utf8("f"), Bytes.wrap(new byte[] {(byte) 0xff})),
                field("patched", DataType.HASH, Bytes.utf8("f"), Bytes.utf8("3")),
                new DeletedField(Bytes.utf8("patched"), DataType.HASH, Bytes.utf8("old"), 58, 0),
                moved("kept", DataType.SET, NOW_MS + 10_000),
                moved("persisted", DataType.ZSET, 0),
                new DeletedField(Bytes.utf8("log"), DataType.STREAM, id(4, 0), 60, 0)));

    String json = new String(BatchJson.encode(delta, NOW_MS), StandardCharsets.UTF_8);

    assertThat(json).isEqualTo(golden("delta.json").replaceAll("\n *", ""));
  }

  @Test
  void shouldSayThatALoadBeginsAnew() throws Exception {
    var at = new Cursor.Loading(EPOCH, 7, Bytes.wrap(new byte[] {'a', 0, 0}));
    var load = new Batch(Cursor.NOTHING, at, false, true, List.of(string("a", "1", 0)));

    JsonNode json = read(load);

    assertThat(json.has("from")).isFalse();
    assertThat(json.get("reset").asBoolean()).isTrue();
    assertThat(json.get("caughtUp").asBoolean()).isFalse();
    assertThat(CursorText.parse(json.get("cursor").asText())).isEqualTo(at);
  }

  @Test
  void shouldGoOnWithAPatchWhereTheLastBatchStopped() throws Exception {
    var from = new Cursor.Loading(EPOCH, 7, Bytes.wrap(new byte[] {'h', 0, 1, 'f'}));
    var rest =
        new Batch(
            from,
            new Cursor.At(EPOCH, 7),
            true,
            false,
            List.of(field("h", DataType.HASH, Bytes.utf8("g"), Bytes.utf8("2"))));

    JsonNode json = read(rest);

    assertThat(json.has("reset")).isFalse();
    assertThat(json.get("entries"))
        .isEqualTo(
            new ObjectMapper().readTree("[{\"k\":\"h\",\"y\":\"hash\",\"set\":{\"g\":\"2\"}}]"));
  }

  @Test
  void shouldWriteOnlyTheLastStateOfAKeyThatABatchHasTwice() throws Exception {
    var twice =
        new Batch(
            FROM,
            new Cursor.At(EPOCH, 50),
            true,
            false,
            List.of(
                field("k", DataType.HASH, Bytes.utf8("f"), Bytes.wrap(new byte[] {(byte) 0xff})),
                new DeletedKey(Bytes.utf8("k"), 45),
                string("k", "new", 0)));

    assertThat(read(twice).get("entries"))
        .isEqualTo(new ObjectMapper().readTree("[{\"k\":\"k\",\"y\":\"string\",\"v\":\"new\"}]"));
  }

  @Test
  void shouldReadWhatItWrote() throws Exception {
    for (JsonNode entry : read(goldenBatch()).get("entries")) {
      Bytes key =
          entry.has("b")
              ? Bytes.wrap(entry.get("k").binaryValue())
              : Bytes.utf8(entry.get("k").asText());
      Entry parsed =
          EntryParser.parse(key, entry.toString().getBytes(StandardCharsets.UTF_8), NOW_MS);
      assertThat(parsed.type().name()).isEqualToIgnoringCase(entry.get("y").asText());
      assertThat(written(parsed)).isEqualTo(entry);
    }
  }

  private static Batch goldenBatch() {
    return new Batch(
        FROM,
        new Cursor.At(EPOCH, 60),
        true,
        false,
        List.of(
            string("mortal", "v", NOW_MS + 1500),
            header("list", DataType.LIST, Bytes.wrap(new byte[] {1, 'a', 0, 2, 'b', 'c'})),
            header("set", DataType.SET, Bytes.EMPTY),
            field("set", DataType.SET, Bytes.utf8("m"), Bytes.EMPTY),
            header("zset", DataType.ZSET, Bytes.EMPTY),
            field("zset", DataType.ZSET, Bytes.utf8("pi"), score(3.25)),
            header("stream", DataType.STREAM, Bytes.EMPTY),
            field("stream", DataType.STREAM, id(5, -1), Bytes.wrap(new byte[] {1, 'n', 1, 'v'})),
            header("binary", DataType.HASH, Bytes.EMPTY),
            field("binary", DataType.HASH, Bytes.utf8("f"), Bytes.wrap(new byte[] {(byte) 0xff}))));
  }

  private static JsonNode written(Entry entry) throws Exception {
    var records = new java.util.ArrayList<VersionedRecord>();
    records.add(
        new Header(entry.key(), entry.type(), entry.value(), entry.expiresAtMs(), true, 50, 50));
    entry
        .fields()
        .forEach(
            (field, value) ->
                records.add(new Field(entry.key(), entry.type(), field, value, 50, 50)));
    return read(new Batch(FROM, new Cursor.At(EPOCH, 50), true, false, records)).at("/entries/0");
  }

  private static JsonNode read(Batch batch) throws Exception {
    return new ObjectMapper().readTree(BatchJson.encode(batch, NOW_MS));
  }

  private static String golden(String name) throws Exception {
    try (InputStream in = BatchJsonTest.class.getResourceAsStream("/golden/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    }
  }

  private static Header string(String key, String value, long expiresAtMs) {
    return new Header(
        Bytes.utf8(key), DataType.STRING, Bytes.utf8(value), expiresAtMs, true, 41, 41);
  }

  private static Header header(String key, DataType type, Bytes value) {
    return new Header(Bytes.utf8(key), type, value, 0, true, 42, 42);
  }

  private static Header moved(String key, DataType type, long expiresAtMs) {
    return new Header(Bytes.utf8(key), type, Bytes.EMPTY, expiresAtMs, false, 59, 3);
  }

  private static Field field(String key, DataType type, Bytes field, Bytes value) {
    return new Field(Bytes.utf8(key), type, field, value, 43, 42);
  }

  private static Bytes score(double score) {
    return Bytes.wrap(ByteBuffer.allocate(8).putDouble(score).array());
  }

  private static Bytes id(long ms, long sequence) {
    return Bytes.wrap(ByteBuffer.allocate(16).putLong(ms).putLong(sequence).array());
  }
}
