package io.replicator.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;

final class BytesTest {
  @Example
  void shouldOrderAsUnsignedBytesWithAPrefixFirst() {
    Bytes[] ordered = {
      Bytes.EMPTY, of(0), of(0, 0), of(1), of(0x7f), of(0x7f, 0xff), of(0x80), of(0xff), of(0xff, 0)
    };
    for (int i = 0; i < ordered.length; i++) {
      for (int j = 0; j < ordered.length; j++) {
        assertThat(Integer.signum(ordered[i].compareTo(ordered[j])))
            .isEqualTo(Integer.signum(Integer.compare(i, j)));
      }
    }
  }

  @Example
  void shouldRefuseSlicesOutsideOfTheArray() {
    var array = new byte[10];
    assertThatThrownBy(() -> Bytes.wrap(array, 5, 6)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Bytes.wrap(array, -1, 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Bytes.wrap(array, Integer.MAX_VALUE, Integer.MAX_VALUE))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Bytes.wrap(array, 2, 3).at(3))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Bytes.wrap(array, 2, 3).slice(1, 4))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Example
  void shouldShowKeysInMessagesWhateverTheirBytes() {
    assertThat(of('a', '\\', 0, 0xff)).hasToString("a\\\\\\x00\\xff");
    assertThat(Bytes.wrap(new byte[65]).toString()).endsWith("… (65 bytes)");
  }

  @Example
  void shouldLetALargeArrayGoWhenCompacted() {
    var large = new byte[1000];
    Bytes slice = Bytes.wrap(large, 10, 3);
    assertThat(slice.array()).isSameAs(large);
    assertThat(slice.compact().array()).hasSize(3);
    assertThat(Bytes.wrap(large).compact().array()).isSameAs(large);
  }

  @Property
  void aSliceIsTheSameAsACopyOfItsBytes(
      @ForAll byte[] before, @ForAll byte[] middle, @ForAll byte[] after) {
    byte[] all =
        ByteBuffer.allocate(before.length + middle.length + after.length)
            .put(before)
            .put(middle)
            .put(after)
            .array();
    Bytes slice = Bytes.wrap(all, before.length, middle.length);
    Bytes copy = Bytes.wrap(middle);
    assertThat(slice).isEqualTo(copy).hasSameHashCodeAs(copy).isEqualByComparingTo(copy);
    assertThat(slice.toArray()).isEqualTo(middle);
    assertThat(slice.asByteBuffer()).isEqualTo(ByteBuffer.wrap(middle));
    assertThat(slice.compact()).isEqualTo(copy);
    assertThat(Bytes.wrap(all).startsWith(Bytes.wrap(before))).isTrue();
    assertThat(Bytes.wrap(all).slice(before.length, before.length + middle.length)).isEqualTo(copy);
    var target = new byte[middle.length + 2];
    slice.copyTo(target, 1);
    assertThat(Arrays.copyOfRange(target, 1, 1 + middle.length)).isEqualTo(middle);
  }

  @Property
  void orderIsThatOfUnsignedNumbersWhereLengthsAreEqual(
      @ForAll @Size(8) byte[] a, @ForAll @Size(8) byte[] b) {
    int expected = new BigInteger(1, a).compareTo(new BigInteger(1, b));
    assertThat(Integer.signum(Bytes.wrap(a).compareTo(Bytes.wrap(b)))).isEqualTo(expected);
    assertThat(Bytes.wrap(a).equals(Bytes.wrap(b))).isEqualTo(expected == 0);
  }

  @Property
  void theCommonPrefixIsCommonAndCannotBeLonger(@ForAll byte[] a, @ForAll byte[] b) {
    Bytes left = Bytes.wrap(a);
    Bytes right = Bytes.wrap(b);
    int common = left.commonPrefix(right);
    assertThat(left.slice(0, common)).isEqualTo(right.slice(0, common));
    if (common < Math.min(a.length, b.length)) {
      assertThat(left.at(common)).isNotEqualTo(right.at(common));
    }
    assertThat(left.startsWith(right)).isEqualTo(common == b.length);
  }

  private static Bytes of(int... values) {
    var bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return Bytes.wrap(bytes);
  }

  @Example
  void shouldTellUtf8AsTheJdkDoes() {
    // Every sequence of up to two bytes, and every third and fourth byte at the borders of ranges.
    int[] borders = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    for (int first = 0; first < 256; first++) {
      assertUtf8(first);
      for (int second = 0; second < 256; second++) {
        assertUtf8(first, second);
        for (int third : first >= 0xc0 ? borders : new int[0]) {
          assertUtf8(first, second, third);
          for (int fourth : borders) {
            assertUtf8(first, second, third, fourth);
          }
        }
      }
    }
    assertThat(Bytes.EMPTY.isUtf8()).isTrue();
  }

  private static void assertUtf8(int... values) {
    // Within a larger array, so that a read beyond the slice would show.
    byte[] array = new byte[values.length + 2];
    Arrays.fill(array, (byte) 0x80);
    for (int i = 0; i < values.length; i++) {
      array[i + 1] = (byte) values[i];
    }
    Bytes bytes = Bytes.wrap(array, 1, values.length);
    boolean expected = true;
    try {
      StandardCharsets.UTF_8.newDecoder().decode(bytes.asByteBuffer());
    } catch (CharacterCodingException e) {
      expected = false;
    }
    assertThat(bytes.isUtf8()).as("%s", Arrays.toString(values)).isEqualTo(expected);
  }
}
