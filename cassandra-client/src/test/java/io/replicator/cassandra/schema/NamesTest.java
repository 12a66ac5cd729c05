package io.replicator.cassandra.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.replication.Bytes;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {
  @ParameterizedTest
  @ValueSource(strings = {"", "user:42", "grüße", "😀", "a\0b", "x", "\\", "\\X61"})
  void shouldWriteUtf8AsItIs(String text) {
    assertThat(Names.text(Bytes.utf8(text))).isEqualTo(text);
    assertThat(Names.bytes(text)).isEqualTo(Bytes.utf8(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\x", "\\xff", "\\xyz"})
  void shouldEscapeWhatLooksEscaped(String text) {
    String escaped = Names.text(Bytes.utf8(text));
    assertThat(escaped).isNotEqualTo(text).startsWith("\\x");
    assertThat(Names.bytes(escaped)).isEqualTo(Bytes.utf8(text));
  }

  @Property
  void shouldBeOneToOne(@ForAll byte[] name) {
    Bytes bytes = Bytes.wrap(name);
    assertThat(Names.bytes(Names.text(bytes))).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(ints = {32_499, 32_500, 65_000, 65_001})
  void shouldFitExactlyWhatItsTextFits(int length) {
    for (byte filler : new byte[] {'a', (byte) 0xff}) {
      byte[] name = new byte[length];
      Arrays.fill(name, filler);
      Bytes bytes = Bytes.wrap(name);
      assertThat(Names.fits(bytes)).isEqualTo(Names.text(bytes).length() <= Names.BYTES_MAX);
    }
  }
}
