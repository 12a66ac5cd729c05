package io.replicator.app.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.Epoch;
import io.replicator.replication.KeyFilter;
import io.replicator.replication.QosLevel;
import io.replicator.replication.VersionedRecord;
import io.replicator.replication.VersionedRecord.DeletedField;
import io.replicator.replication.VersionedRecord.DeletedKey;
import io.replicator.replication.VersionedRecord.Field;
import io.replicator.replication.VersionedRecord.Header;
import io.replicator.streams.Feed;
import io.replicator.streams.FeedKey;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StdoutSinkTest {
  private static final Bytes KEY = Bytes.utf8("k");
  private final StringWriter written = new StringWriter();
  private final StdoutSink sink = new StdoutSink(new PrintWriter(written), Map.of("5", "7"));

  @Test
  void shouldWriteAStringWithItsExpiry() {
    assertThat(write(new Header(KEY, DataType.STRING, Bytes.utf8("é\"\n"), 99, true, 1, 1)))
        .isEqualTo("{'db':'7','k':'k','type':'string','v':'é\\'\\n','t':99}");
  }

  @Test
  void shouldWriteTheElementsOfAList() {
    Bytes list = Bytes.wrap(new byte[] {1, 'a', 0, 2, 'b', 'c'});
    assertThat(write(new Header(KEY, DataType.LIST, list, 0, true, 1, 1)))
        .isEqualTo("{'db':'7','k':'k','type':'list','v':['a','','bc']}");
  }

  @Test
  void shouldWriteFields() {
    assertThat(write(new Header(KEY, DataType.HASH, Bytes.EMPTY, 0, true, 1, 1)))
        .isEqualTo("{'db':'7','k':'k','type':'hash','replaces':true}");
    assertThat(write(new Field(KEY, DataType.HASH, Bytes.utf8("f"), Bytes.utf8("v"), 1, 1)))
        .isEqualTo("{'db':'7','k':'k','f':'f','type':'hash','v':'v'}");
    assertThat(write(new Field(KEY, DataType.SET, Bytes.utf8("m"), Bytes.EMPTY, 1, 1)))
        .isEqualTo("{'db':'7','k':'k','f':'m','type':'set'}");
    assertThat(write(new Field(KEY, DataType.ZSET, Bytes.utf8("m"), score(1.5), 1, 1)))
        .isEqualTo("{'db':'7','k':'k','f':'m','type':'zset','v':1.5}");
    assertThat(write(new Field(KEY, DataType.ZSET, Bytes.utf8("m"), score(-1 / 0.0), 1, 1)))
        .isEqualTo("{'db':'7','k':'k','f':'m','type':'zset','v':'-inf'}");
  }

  @Test
  void shouldWriteStreamEntriesWithTheirIds() {
    Bytes id = Bytes.wrap(ByteBuffer.allocate(16).putLong(-1).putLong(3).array());
    Bytes entry = Bytes.wrap(new byte[] {1, 'n', 1, 'v'});
    assertThat(write(new Field(KEY, DataType.STREAM, id, entry, 1, 1)))
        .isEqualTo("{'db':'7','k':'k','f':'18446744073709551615-3','type':'stream','v':['n','v']}");
  }

  @Test
  void shouldWriteDeletions() {
    assertThat(write(new DeletedKey(KEY, 1))).isEqualTo("{'db':'7','k':'k','deleted':true}");
    assertThat(write(new DeletedField(KEY, DataType.SET, Bytes.utf8("m"), 1, 1)))
        .isEqualTo("{'db':'7','k':'k','f':'m','type':'set','deleted':true}");
  }

  @Test
  void shouldWriteBase64WhereNotAllIsText() {
    Bytes binary = Bytes.wrap(new byte[] {(byte) 0xff, 0});
    assertThat(write(new Header(KEY, DataType.STRING, binary, 0, true, 1, 1)))
        .isEqualTo("{'db':'7','k':'aw==','type':'string','v':'/wA=','b':true}");
  }

  @Test
  void shouldKeepCursorsWhileItLives() {
    write(new DeletedKey(KEY, 1));

    assertThat(sink.cursors().toCompletableFuture().join().values())
        .singleElement()
        .isInstanceOf(Cursor.At.class);
  }

  private String write(VersionedRecord versioned) {
    var epoch = new Epoch(1);
    var batch =
        new Batch(
            new Cursor.At(epoch, 1), new Cursor.At(epoch, 2), true, false, List.of(versioned));
    var feed = new Feed(1, new FeedKey("5", "x"), QosLevel.HIGH, KeyFilter.ALL);
    written.getBuffer().setLength(0);
    sink.apply(feed, List.of(batch)).toCompletableFuture().join();
    return written.toString().strip().replace('"', '\'');
  }

  private static Bytes score(double score) {
    return Bytes.wrap(ByteBuffer.allocate(8).putDouble(score).array());
  }
}
