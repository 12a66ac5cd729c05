package io.replicator.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdOutputStream;
import com.google.protobuf.ByteString;
import io.replicator.protocol.v1.Block;
import io.replicator.protocol.v1.Refusal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlocksTest {
  private static final WireLimits LIMITS = new WireLimits(1 << 20, 1 << 20, 1 << 20, 1 << 20);
  private static final byte[] TEXT =
      "{\"name\":\"Vila\",\"lat\":\"42.53176\",\"lng\":\"1.56654\",\"country\":\"AD\"}"
          .repeat(20)
          .getBytes(StandardCharsets.UTF_8);

  private static ZstdDictionary none(int id) {
    return null;
  }

  private static byte[] noise(int length) {
    byte[] noise = new byte[length];
    new Random(length).nextBytes(noise);
    return noise;
  }

  private static void assertRefused(byte[] block, Refusal.Reason reason, String... parts) {
    assertThatThrownBy(() -> Blocks.decode(block, LIMITS, BlocksTest::none))
        .isInstanceOfSatisfying(WireException.class, e -> assertThat(e.reason()).isEqualTo(reason))
        .hasMessageContainingAll(parts);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 63, 64, 65, 127, 128, 1000, 16_384, 100_000})
  void shouldDecodeWhatWasEncoded(int length) {
    for (byte[] plain : new byte[][] {noise(length), new byte[length]}) {
      byte[] block = Blocks.encode(plain, 3, null);

      assertThat(Blocks.decode(block, LIMITS, BlocksTest::none)).isEqualTo(plain);
      assertThat(block.length).isLessThanOrEqualTo(plain.length + 20);
    }
  }

  @Property
  void shouldDecodeAnyBytesAndWriteThemAsProtobufDoes(@ForAll byte[] plain) throws IOException {
    byte[] block = Blocks.encode(plain, 3, null);

    assertThat(Blocks.decode(block, LIMITS, BlocksTest::none)).isEqualTo(plain);
    assertThat(Block.parseFrom(block).toByteArray()).isEqualTo(block);
  }

  @Test
  void shouldKeepTheBytesOfABlock() throws IOException {
    byte[] golden = Hex.resource("/golden/block-plain.hex");

    assertThat(Hex.text(Blocks.encode("123456789".getBytes(StandardCharsets.US_ASCII), 3, null)))
        .isEqualTo(Hex.text(golden));
    assertThat(Blocks.decode(Hex.resource("/golden/block-zstd.hex"), LIMITS, BlocksTest::none))
        .isEqualTo(TEXT);
  }

  @Test
  void shouldSendIncompressibleBytesAsTheyAre() throws IOException {
    Block block = Block.parseFrom(Blocks.encode(noise(1000), 3, null));

    assertThat(block.getCodec()).isEqualTo(Block.Codec.PLAIN);
    assertThat(block.getContent().toByteArray()).isEqualTo(noise(1000));
  }

  @Test
  void shouldNotCompressAFewBytes() throws IOException {
    Block block = Block.parseFrom(Blocks.encode(new byte[Blocks.COMPRESS_BYTES_MIN - 1], 3, null));

    assertThat(block.getCodec()).isEqualTo(Block.Codec.PLAIN);
  }

  @Test
  void shouldCompressSmallBlocksBetterWithADictionary() {
    byte[] plain = Arrays.copyOf(TEXT, 60);
    try (ZstdDictionary dictionary = new ZstdDictionary(7, TEXT, 3)) {
      byte[] block = Blocks.encode(plain, 3, dictionary);

      assertThat(block.length).isLessThan(Blocks.encode(plain, 3, null).length / 2);
      assertThat(Blocks.decode(block, LIMITS, id -> id == 7 ? dictionary : null)).isEqualTo(plain);
    }
  }

  @Test
  void shouldRefuseAnUnknownDictionary() {
    try (ZstdDictionary dictionary = new ZstdDictionary(7, TEXT, 3)) {
      byte[] block = Blocks.encode(Arrays.copyOf(TEXT, 60), 3, dictionary);

      assertRefused(block, Refusal.Reason.MALFORMED, "dictionary 7");
    }
  }

  @Test
  void shouldNotGiveOtherBytesWithAnotherDictionary() {
    byte[] plain = Arrays.copyOf(TEXT, 60);
    byte[] other = noise(TEXT.length);
    try (ZstdDictionary dictionary = new ZstdDictionary(7, TEXT, 3);
        ZstdDictionary wrong = new ZstdDictionary(7, other, 3)) {
      byte[] block = Blocks.encode(plain, 3, dictionary);

      assertThatThrownBy(() -> Blocks.decode(block, LIMITS, id -> wrong))
          .isInstanceOf(WireException.class);
    }
  }

  @Test
  void shouldRefuseADictionaryThatIsNone() {
    // The magic number of a trained dictionary, and nothing that it promises.
    byte[] broken = Hex.bytes("37a430ec 01000000 ffffffff ffffffff");
    try (ZstdDictionary dictionary = new ZstdDictionary(7, TEXT, 3);
        ZstdDictionary wrong = new ZstdDictionary(7, broken, 3)) {
      byte[] block = Blocks.encode(Arrays.copyOf(TEXT, 60), 3, dictionary);

      assertThatThrownBy(() -> Blocks.decode(block, LIMITS, id -> wrong))
          .isInstanceOf(WireException.class);
    }
  }

  @Test
  void shouldNotUseAClosedDictionary() {
    ZstdDictionary dictionary = new ZstdDictionary(7, TEXT, 3);
    Blocks.encode(TEXT, 3, dictionary);
    dictionary.close();
    dictionary.close();

    assertThatThrownBy(() -> Blocks.encode(Arrays.copyOf(TEXT, 60), 3, dictionary))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("dictionary 7");
  }

  @Test
  void shouldShareOneDictionaryBetweenThreads() {
    byte[] plain = Arrays.copyOf(TEXT, 60);
    try (ZstdDictionary dictionary = new ZstdDictionary(7, TEXT, 3)) {
      boolean equal =
          IntStream.range(0, 2_000)
              .parallel()
              .allMatch(
                  i ->
                      Arrays.equals(
                          plain,
                          Blocks.decode(
                              Blocks.encode(plain, 3, dictionary), LIMITS, id -> dictionary)));

      assertThat(equal).isTrue();
    }
  }

  @Test
  void shouldNotTakeTheDictionaryOfTheBlockBefore() throws IOException {
    try (ZstdDictionary dictionary = new ZstdDictionary(7, TEXT, 3)) {
      for (int i = 0; i < 20; i++) {
        Blocks.encode(Arrays.copyOf(TEXT, 60), 3, dictionary);
        byte[] plain = Arrays.copyOf(TEXT, 200);
        byte[] block = Blocks.encode(plain, 3, null);

        assertThat(Block.parseFrom(block).getDictionary()).isZero();
        assertThat(Blocks.decode(block, LIMITS, BlocksTest::none)).isEqualTo(plain);
      }
    }
  }

  @Test
  void shouldIgnoreUnknownFields() throws IOException {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.writeBytes(Hex.bytes("7801"));
    block.writeBytes(Blocks.encode(TEXT, 3, null));
    block.writeBytes(Hex.bytes("8a0103616263"));

    assertThat(Blocks.decode(block.toByteArray(), LIMITS, BlocksTest::none)).isEqualTo(TEXT);
  }

  @Test
  void shouldRefuseAWrongChecksum() throws IOException {
    Block block = Block.parseFrom(Blocks.encode(TEXT, 3, null));

    assertRefused(
        block.toBuilder().setChecksum(block.getChecksum() + 1).build().toByteArray(),
        Refusal.Reason.MALFORMED,
        "checksum");
  }

  @Test
  void shouldRefuseABlockOverTheLimit() {
    assertRefused(new byte[(1 << 20) + 1], Refusal.Reason.LIMIT_EXCEEDED, "1048577", "1048576");
  }

  @ParameterizedTest
  @ValueSource(ints = {(1 << 20) + 1, Integer.MAX_VALUE, Integer.MIN_VALUE, -1})
  void shouldRefuseADeclaredSizeOverTheLimitBeforeItIsAllocated(int plainBytes) {
    byte[] block =
        Block.newBuilder()
            .setCodec(Block.Codec.ZSTD)
            .setPlainBytes(plainBytes)
            .setContent(ByteString.copyFrom(Zstd.compress(TEXT)))
            .build()
            .toByteArray();

    assertRefused(
        block, Refusal.Reason.LIMIT_EXCEEDED, Integer.toUnsignedString(plainBytes), "1048576");
  }

  @Test
  void shouldRefuseContentThatDeclaresAnotherSizeThanTheBlock() {
    byte[] bomb = Zstd.compress(new byte[64 << 20]);
    byte[] block =
        Block.newBuilder()
            .setCodec(Block.Codec.ZSTD)
            .setPlainBytes(1000)
            .setContent(ByteString.copyFrom(bomb))
            .build()
            .toByteArray();

    assertThat(bomb.length).isLessThan(10_000);
    assertRefused(block, Refusal.Reason.MALFORMED, "67108864", "1000");
  }

  @Test
  void shouldRefuseContentThatExpandsToMoreThanItDeclares() throws IOException {
    // Two frames: the first is as long as declared, the second is the bomb.
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    bomb.writeBytes(Zstd.compress(TEXT));
    bomb.writeBytes(Zstd.compress(new byte[64 << 20]));
    byte[] block =
        Block.newBuilder()
            .setCodec(Block.Codec.ZSTD)
            .setPlainBytes(TEXT.length)
            .setContent(ByteString.copyFrom(bomb.toByteArray()))
            .build()
            .toByteArray();

    assertRefused(block, Refusal.Reason.MALFORMED, "damaged");
  }

  @Test
  void shouldRefuseContentThatDeclaresNoSize() throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    try (ZstdOutputStream out = new ZstdOutputStream(content)) {
      out.write(TEXT);
    }
    byte[] block =
        Block.newBuilder()
            .setCodec(Block.Codec.ZSTD)
            .setPlainBytes(TEXT.length)
            .setContent(ByteString.copyFrom(content.toByteArray()))
            .build()
            .toByteArray();

    assertRefused(block, Refusal.Reason.MALFORMED, "declares no size");
  }

  @Test
  void shouldRefuseAnUnknownCodec() {
    assertRefused(
        Block.newBuilder().setCodecValue(9).build().toByteArray(),
        Refusal.Reason.MALFORMED,
        "codec 9");
  }

  @Test
  void shouldRefuseABlockCutAnywhere() {
    for (byte[] plain : new byte[][] {TEXT, noise(100)}) {
      byte[] block = Blocks.encode(plain, 3, null);
      for (int length = 0; length < block.length; length++) {
        byte[] cut = Arrays.copyOf(block, length);
        if (length > 0) {
          assertThatThrownBy(() -> Blocks.decode(cut, LIMITS, BlocksTest::none))
              .isInstanceOf(WireException.class);
        }
      }
    }
  }

  @Test
  void shouldGiveTheSameOrRefuseWhenABitFlips() {
    for (byte[] plain : new byte[][] {TEXT, noise(100)}) {
      byte[] block = Blocks.encode(plain, 3, null);
      for (int bit = 0; bit < block.length * 8; bit++) {
        byte[] flipped = block.clone();
        flipped[bit / 8] ^= (byte) (1 << bit % 8);
        try {
          assertThat(Blocks.decode(flipped, LIMITS, BlocksTest::none)).isEqualTo(plain);
        } catch (WireException e) {
          assertThat(e.reason()).isIn(Refusal.Reason.LIMIT_EXCEEDED, Refusal.Reason.MALFORMED);
        }
      }
    }
  }

  @Property
  void shouldTakeOrRefuseRandomBytes(@ForAll byte[] block) {
    try {
      Blocks.decode(block, LIMITS, BlocksTest::none);
    } catch (WireException e) {
      assertThat(e.reason()).isIn(Refusal.Reason.LIMIT_EXCEEDED, Refusal.Reason.MALFORMED);
    }
  }
}
