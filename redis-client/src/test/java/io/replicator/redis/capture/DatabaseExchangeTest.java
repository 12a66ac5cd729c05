package io.replicator.redis.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.store.CommitWriter;
import io.replicator.store.RocksStore;
import io.replicator.store.StoreSettings;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DatabaseExchangeTest {
  private static final int FIELDS = 30_000;
  private static final Bytes KEY = Bytes.utf8("in both");

  @TempDir Path directory;

  @Test
  void shouldExchangeKeysOfBothThatAreWrittenInParts() throws Exception {
    var settings =
        new StoreSettings(directory, Duration.ofDays(1), 1 << 20, 1 << 20, 1 << 20, 8 << 20);
    try (var store = RocksStore.open(settings)) {
      CommitWriter writer = store.writer();
      CapturedDatabase one = database(writer, 1);
      CapturedDatabase two = database(writer, 2);
      for (int i = 0; i < FIELDS; i++) {
        one.putField(KEY, DataType.HASH, Bytes.utf8("f" + i), Bytes.utf8("of one"));
        two.putField(KEY, DataType.SET, Bytes.utf8("m" + i), Bytes.EMPTY);
      }
      one.putValue(Bytes.utf8("only one"), DataType.STRING, Bytes.utf8("1"), 5);
      writer.endCommit();
      writer.flush(false);

      DatabaseExchange.exchange(one, store.database("1"), two, store.database("2"));
      writer.endCommit();
      writer.flush(false);

      assertThat(one.key(KEY).type()).isEqualTo(DataType.SET);
      assertThat(one.key(KEY).fields()).isEqualTo(FIELDS);
      assertThat(two.key(KEY).type()).isEqualTo(DataType.HASH);
      assertThat(two.key(KEY).fields()).isEqualTo(FIELDS);
      assertThat(one.key(Bytes.utf8("only one"))).isNull();
      assertThat(two.key(Bytes.utf8("only one")).expiresAtMs()).isEqualTo(5);
    }
  }

  private static CapturedDatabase database(CommitWriter writer, int number) {
    return new CapturedDatabase(
        number,
        writer.database(Integer.toString(number)),
        1 << 20,
        new DivergentKeys(),
        new Unsupported());
  }
}
