package io.replicator.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.VersionedRecord;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A copy can append to a stream, but not insert into it. */
class StreamReplacementTest {
  private static final Bytes KEY = Bytes.utf8("stream");
  private static final Bytes VALUE = Bytes.utf8("v");

  @TempDir private Path directory;

  @Test
  void shouldSendOnlyWhatWasAppended() {
    try (var fixture = new StoreFixture(directory)) {
      replace(fixture, "1", "3", "5");
      Cursor before = fixture.now();

      replace(fixture, "3", "5", "7");

      assertThat(delta(fixture, before).records())
          .hasSize(2)
          .noneMatch(record -> record instanceof VersionedRecord.Header);
    }
  }

  @Test
  void shouldReplaceTheWholeStreamWhereAnEntryWouldHaveToBeInserted() {
    try (var fixture = new StoreFixture(directory)) {
      replace(fixture, "1", "3", "5");
      Cursor before = fixture.now();

      replace(fixture, "1", "3", "4", "5");

      assertThat(delta(fixture, before).records()).hasSize(5);
      assertThat(delta(fixture, before).records().get(0))
          .isInstanceOfSatisfying(
              VersionedRecord.Header.class, header -> assertThat(header.replaces()).isTrue());
    }
  }

  private static void replace(StoreFixture fixture, String... ids) {
    Map<Bytes, Bytes> entries = new LinkedHashMap<>();
    for (String id : ids) {
      entries.put(Bytes.utf8(id), VALUE);
    }
    fixture.keys.replaceCollection(KEY, DataType.STREAM, entries, 0);
    fixture.commit();
  }

  private static Batch delta(StoreFixture fixture, Cursor from) {
    return fixture.pull(from);
  }
}
