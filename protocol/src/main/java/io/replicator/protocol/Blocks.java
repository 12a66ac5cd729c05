package io.replicator.protocol;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.replicator.protocol.v1.Block;
import io.replicator.protocol.v1.Refusal;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.zip.CRC32C;

/**
 * Blocks: plain bytes made small, checked, and made plain again. Thread-safe.
 *
 * <p>The Block message is written and read by hand, so that compressed bytes go from zstd to the
 * result, and from the block to zstd, without copies in between.
 */
public final class Blocks {
  /** Below this zstd's own header and entropy tables eat what it could save. */
  static final int COMPRESS_BYTES_MIN = 64;

  /**
   * Beyond this a batch is past enough for itself: measured on small JSON values, a dictionary
   * saves half at one record a batch, a quarter at ten (1 KB), and costs some per cent at a hundred
   * (7 KB).
   */
  static final int DICTIONARY_PLAIN_BYTES_MAX = 4096;

  /** Two enums, two lengths, a checksum, an id and five tags at their longest. */
  private static final int HEADER_BYTES_MAX = 40;

  private static final ContextPool<ZstdCompressCtx> COMPRESSORS =
      new ContextPool<>(ZstdCompressCtx::new, ZstdCompressCtx::reset);
  private static final ContextPool<ZstdDecompressCtx> DECOMPRESSORS =
      new ContextPool<>(ZstdDecompressCtx::new, ZstdDecompressCtx::reset);

  private Blocks() {}

  /**
   * The serialized Block message for {@code plain}: compressed with zstd at {@code level}, with
   * {@code dictionary} where it is not null and {@code plain} small enough to gain from it, or
   * plain where that is not smaller. With a dictionary, the level is the one that it was digested
   * for.
   */
  public static byte[] encode(byte[] plain, int level, ZstdDictionary dictionary) {
    ZstdDictionary used = plain.length <= DICTIONARY_PLAIN_BYTES_MAX ? dictionary : null;
    if (plain.length >= (used == null ? COMPRESS_BYTES_MIN : 1)) {
      byte[] compressed = compress(plain, level, used);
      if (compressed != null) {
        return compressed;
      }
    }
    byte[] header = header(Block.Codec.PLAIN, plain, 0, plain.length);
    byte[] block = Arrays.copyOf(header, header.length + plain.length);
    System.arraycopy(plain, 0, block, header.length, plain.length);
    return block;
  }

  /** Null where the result would not be smaller than {@code plain}. */
  private static byte[] compress(byte[] plain, int level, ZstdDictionary dictionary) {
    // The header's length depends on the content's: the content goes to a fixed place behind room
    // for the longest header, and the header right before it. A content as long as plain is of no
    // use, so the room for it is less than that, and zstd gives up when it is used up.
    byte[] scratch = new byte[HEADER_BYTES_MAX + plain.length - 1];
    int length;
    if (dictionary != null) {
      dictionary.acquire();
    }
    try (var lease = COMPRESSORS.lease()) {
      ZstdCompressCtx context = lease.context();
      context.setLevel(level).setContentSize(true).setChecksum(false).setDictID(false);
      if (dictionary != null) {
        context.loadDict(dictionary.compression());
      }
      length =
          context.compressByteArray(
              scratch, HEADER_BYTES_MAX, plain.length - 1, plain, 0, plain.length);
    } catch (ZstdException e) {
      if (e.getErrorCode() == Zstd.errDstSizeTooSmall()) {
        return null;
      }
      throw e;
    } finally {
      if (dictionary != null) {
        dictionary.release();
      }
    }
    byte[] header =
        header(Block.Codec.ZSTD, plain, dictionary == null ? 0 : dictionary.id(), length);
    int from = HEADER_BYTES_MAX - header.length;
    System.arraycopy(header, 0, scratch, from, header.length);
    return Arrays.copyOfRange(scratch, from, HEADER_BYTES_MAX + length);
  }

  /** Everything of a Block message up to the bytes of its content. */
  private static byte[] header(Block.Codec codec, byte[] plain, int dictionary, int contentBytes) {
    int checksum = checksum(plain);
    byte[] header = new byte[HEADER_BYTES_MAX];
    CodedOutputStream out = CodedOutputStream.newInstance(header);
    try {
      if (codec.getNumber() != 0) {
        out.writeEnum(Block.CODEC_FIELD_NUMBER, codec.getNumber());
      }
      if (plain.length != 0) {
        out.writeUInt32(Block.PLAIN_BYTES_FIELD_NUMBER, plain.length);
      }
      if (checksum != 0) {
        out.writeFixed32(Block.CHECKSUM_FIELD_NUMBER, checksum);
      }
      if (dictionary != 0) {
        out.writeUInt32(Block.DICTIONARY_FIELD_NUMBER, dictionary);
      }
      if (contentBytes != 0) {
        out.writeTag(Block.CONTENT_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
        out.writeUInt32NoTag(contentBytes);
      }
    } catch (IOException e) {
      throw new IllegalStateException("block header over " + HEADER_BYTES_MAX + " bytes", e);
    }
    return Arrays.copyOf(header, out.getTotalBytesWritten());
  }

  /**
   * The plain bytes of a serialized Block message, checksum verified.
   *
   * @param dictionaries by id; null for one that is not known
   * @throws WireException when it is malformed, its plain size over {@code limits} (checked before
   *     allocation, and against the size that the compressed content itself declares), damaged, or
   *     its dictionary unknown
   */
  public static byte[] decode(
      byte[] block, WireLimits limits, IntFunction<ZstdDictionary> dictionaries) {
    if (block.length > limits.blockBytesMax()) {
      throw new WireException(
          Refusal.Reason.LIMIT_EXCEEDED,
          "block of "
              + block.length
              + " bytes, at most "
              + limits.blockBytesMax()
              + " are allowed");
    }
    BlockHeader header = BlockHeader.parse(block);
    // Unsigned on the wire: a negative int is one over 2 GiB.
    if (header.plainBytes() < 0 || header.plainBytes() > limits.plainBytesMax()) {
      throw new WireException(
          Refusal.Reason.LIMIT_EXCEEDED,
          "block of "
              + Integer.toUnsignedString(header.plainBytes())
              + " plain bytes, at most "
              + limits.plainBytesMax()
              + " are allowed");
    }
    byte[] plain;
    switch (header.codec()) {
      case Block.Codec.PLAIN_VALUE -> plain = header.plainContent(block);
      case Block.Codec.ZSTD_VALUE -> plain = decompress(block, header, dictionaries);
      default -> throw malformed("block codec " + header.codec() + ", known are 0 and 1");
    }
    int checksum = checksum(plain);
    if (checksum != header.checksum()) {
      throw malformed(
          String.format(
              "block of %d plain bytes has checksum %08x, declared is %08x",
              plain.length, checksum, header.checksum()));
    }
    return plain;
  }

  private static byte[] decompress(
      byte[] block, BlockHeader header, IntFunction<ZstdDictionary> dictionaries) {
    long declared =
        Zstd.getFrameContentSize(block, header.contentFrom(), header.contentBytes(), false);
    if (declared != header.plainBytes()) {
      throw malformed(
          "compressed content "
              + (declared < 0 ? "declares no size" : "declares " + declared + " plain bytes")
              + ", the block "
              + header.plainBytes());
    }
    ZstdDictionary dictionary = null;
    if (header.dictionary() != 0) {
      dictionary = dictionaries.apply(header.dictionary());
      if (dictionary == null) {
        throw malformed(
            "block needs dictionary "
                + Integer.toUnsignedString(header.dictionary())
                + ", which was not sent");
      }
      dictionary.acquire();
    }
    try (var lease = DECOMPRESSORS.lease()) {
      ZstdDecompressCtx context = lease.context();
      if (dictionary != null) {
        loadDictionary(context, dictionary);
      }
      // Exactly as long as declared: content that goes on has no room, whatever it expands to.
      byte[] plain = new byte[header.plainBytes()];
      int length =
          context.decompressByteArray(
              plain, 0, plain.length, block, header.contentFrom(), header.contentBytes());
      if (length != plain.length) {
        throw malformed(
            "compressed content is " + length + " plain bytes, declared are " + plain.length);
      }
      return plain;
    } catch (ZstdException e) {
      throw new WireException(
          Refusal.Reason.MALFORMED,
          "compressed content of " + header.contentBytes() + " bytes is damaged: " + e.getMessage(),
          e);
    } finally {
      if (dictionary != null) {
        dictionary.release();
      }
    }
  }

  private static void loadDictionary(ZstdDecompressCtx context, ZstdDictionary dictionary) {
    try {
      context.loadDict(dictionary.decompression());
    } catch (IllegalStateException e) {
      throw new WireException(
          Refusal.Reason.MALFORMED, dictionary + " is none: " + e.getMessage(), e);
    }
  }

  static int checksum(byte[] plain) {
    CRC32C crc = new CRC32C();
    crc.update(plain, 0, plain.length);
    return (int) crc.getValue();
  }

  private static WireException malformed(String detail) {
    return new WireException(Refusal.Reason.MALFORMED, detail);
  }

  /** A Block message whose content stays where it is. */
  private record BlockHeader(
      int codec, int plainBytes, int checksum, int dictionary, int contentFrom, int contentBytes) {
    static BlockHeader parse(byte[] block) {
      int codec = 0;
      int plainBytes = 0;
      int checksum = 0;
      int dictionary = 0;
      int contentFrom = 0;
      int contentBytes = 0;
      CodedInputStream in = CodedInputStream.newInstance(block);
      try {
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
          switch (tag) {
            case (Block.CODEC_FIELD_NUMBER << 3) | WireFormat.WIRETYPE_VARINT ->
                codec = in.readEnum();
            case (Block.PLAIN_BYTES_FIELD_NUMBER << 3) | WireFormat.WIRETYPE_VARINT ->
                plainBytes = in.readUInt32();
            case (Block.CHECKSUM_FIELD_NUMBER << 3) | WireFormat.WIRETYPE_FIXED32 ->
                checksum = in.readFixed32();
            case (Block.DICTIONARY_FIELD_NUMBER << 3) | WireFormat.WIRETYPE_VARINT ->
                dictionary = in.readUInt32();
            case (Block.CONTENT_FIELD_NUMBER << 3) | WireFormat.WIRETYPE_LENGTH_DELIMITED -> {
              contentBytes = in.readUInt32();
              contentFrom = in.getTotalBytesRead();
              in.skipRawBytes(contentBytes);
            }
            default -> {
              if (!in.skipField(tag)) {
                throw malformed("block ends a group that did not begin");
              }
            }
          }
        }
      } catch (IOException e) {
        throw new WireException(
            Refusal.Reason.MALFORMED,
            "the " + block.length + " bytes of a block are no Block message: " + e.getMessage(),
            e);
      }
      return new BlockHeader(codec, plainBytes, checksum, dictionary, contentFrom, contentBytes);
    }

    byte[] plainContent(byte[] block) {
      if (contentBytes != plainBytes) {
        throw malformed(
            "block of " + plainBytes + " plain bytes carries " + contentBytes + " of them");
      }
      return Arrays.copyOfRange(block, contentFrom, contentFrom + contentBytes);
    }
  }
}
