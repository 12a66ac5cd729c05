package io.replicator.app.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnitsTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "999, 999 B",
    "1000, 1.00 kB",
    "1234567, 1.23 MB",
    "12345678, 12.3 MB",
    "999499, 999 kB",
    "999500, 1.00 MB",
    "123456789012, 123 GB"
  })
  void shouldWriteBytesWithThreeDigitsThatMatter(long bytes, String text) {
    assertThat(Units.bytes(bytes)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 ms",
    "999, 999 ms",
    "1500, 1.5 s",
    "61000, 1 min 01 s",
    "3720000, 1 h 02 min",
    "90000000, 1 d 1 h"
  })
  void shouldWriteTimesInTheirUnit(long ms, String text) {
    assertThat(Units.time(Duration.ofMillis(ms))).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"100, 25, 4.0×", "0, 5, –", "5, 0, –"})
  void shouldWriteRatios(long before, long after, String text) {
    assertThat(Units.ratio(before, after)).isEqualTo(text);
  }
}
