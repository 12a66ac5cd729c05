package io.replicator.http.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.Epoch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CursorTextTest {
  @Test
  void shouldNameEpochAndVersion() {
    assertThat(CursorText.of(new Cursor.At(new Epoch(-2), 17))).isEqualTo("fffffffffffffffe-17");
  }

  @Test
  void shouldReadWhatItWrote() {
    Epoch epoch = new Epoch(0x00ff);
    Cursor at = new Cursor.At(epoch, Long.MAX_VALUE);
    Cursor loading = new Cursor.Loading(epoch, 0, Bytes.wrap(new byte[] {0, -1, 62, 63, 1}));
    Cursor begun = new Cursor.Loading(epoch, 3, Bytes.EMPTY);

    assertThat(CursorText.parse(CursorText.of(at))).isEqualTo(at);
    assertThat(CursorText.parse(CursorText.of(loading))).isEqualTo(loading);
    assertThat(CursorText.parse(CursorText.of(begun))).isEqualTo(begun);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "7",
        "0123456789abcdef",
        "0123456789abcdef-",
        "0123456789ABCDEF-1",
        "0123456789abcdef-01",
        "0123456789abcdef--1",
        "0123456789abcdef-9999999999999999999",
        "0123456789abcdef-1-a",
        "0123456789abcdef-1-****",
        "0123456789abcdef-1 ",
      })
  void shouldRefuseOthers(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CursorText.parse(text))
        .withMessageContaining("is no cursor");
  }
}
