package io.replicator.redis.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.replicator.redis.apply.FeedProgress.OpenKey;
import io.replicator.redis.apply.FeedProgress.Sweep;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.Epoch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FeedProgressTest {
  private static final Epoch EPOCH = new Epoch(0xfedcba9876543210L);

  @Test
  void shouldKeepItsTextForever() {
    var at = new FeedProgress(new Cursor.At(EPOCH, 42), Sweep.NONE, null, false);
    var loading =
        new FeedProgress(
            new Cursor.Loading(EPOCH, 42, Bytes.wrap(new byte[] {0, (byte) 0xff})),
            Sweep.MARKED,
            new OpenKey(Bytes.utf8("a b"), DataType.HASH, 1234, true),
            true);

    assertThat(at.encode()).isEqualTo("fedcba9876543210 42");
    assertThat(loading.encode())
        .isEqualTo("fedcba9876543210 42 loading=00ff sweep=marked open=612062,3,1234,true emptied");
    assertThat(FeedProgress.parse(at.encode())).isEqualTo(at);
    assertThat(FeedProgress.parse(loading.encode())).isEqualTo(loading);
  }

  @Test
  void shouldReadAnEmptyPositionAndAnEmptyKey() {
    var progress =
        new FeedProgress(
            new Cursor.Loading(EPOCH, 0, Bytes.EMPTY),
            Sweep.SWEEPING,
            new OpenKey(Bytes.EMPTY, DataType.STREAM, 0, false),
            false);

    assertThat(FeedProgress.parse(progress.encode())).isEqualTo(progress);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "x 1",
        "1 x",
        "1 -1",
        "1 1 loading=x",
        "1 1 sweep=later",
        "1 1 open=00,3,0",
        "1 1 open=00,9,0,true",
        "1 1 unknown",
        "1 1 emptied emptied"
      })
  void shouldRefuseWhatItDidNotWrite(String text) {
    assertThatThrownBy(() -> FeedProgress.parse(text)).isInstanceOf(RuntimeException.class);
  }
}
