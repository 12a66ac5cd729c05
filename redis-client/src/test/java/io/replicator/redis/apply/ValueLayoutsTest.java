package io.replicator.redis.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.replicator.replication.Bytes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ValueLayoutsTest {
  @Test
  void shouldReadPartsOfAnyLength() {
    String large = "x".repeat(70_000);

    assertThat(ValueLayouts.parts(Batches.parts("", "a", large)))
        .containsExactly(Bytes.EMPTY, Bytes.utf8("a"), Bytes.utf8(large));
    assertThat(ValueLayouts.parts(Bytes.EMPTY)).isEmpty();
  }

  @Test
  void shouldRefuseALengthBeyondTheValue() {
    for (byte[] broken :
        new byte[][] {{2, 'a'}, {(byte) 0x80}, {-1, -1, -1, -1, 0x0f}, {-1, -1, -1, -1, -1, 1}}) {
      assertThatThrownBy(() -> ValueLayouts.parts(Bytes.wrap(broken)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0.0,0",
    "-0.0,-0.0",
    "1.0,1",
    "-3.0,-3",
    "1.5,1.5",
    "1e300,1.0E300",
    "Infinity,Infinity",
    "-Infinity,-Infinity",
    "0.1,0.1"
  })
  void shouldWriteScoresShortAndExact(double score, String text) {
    assertThat(ValueLayouts.score(Batches.score(score))).isEqualTo(text);
  }

  @Test
  void shouldReadStreamIdsAsUnsigned() {
    assertThat(ValueLayouts.streamId(Batches.streamId(-1, 7))).isEqualTo("18446744073709551615-7");
  }
}
