package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import java.io.IOException;
import java.io.StreamCorruptedException;

/**
 * Reads the values of Redis' serialisation format, that of snapshots and of DUMP, up to the one of
 * Redis 7.4. Lengths are checked before anything is allocated for them: a string over the limit is
 * passed over, and the key that it belongs to reported as withheld.
 */
final class RdbValues {
  /** The newest format whose every type is known here. */
  static final int VERSION_MAX = 12;

  private static final long STRING_BYTES_MAX = 1L << 30;
  private static final long ENCODED_BIT = 0x100;
  private static final Bytes NO_VALUE = Bytes.EMPTY;

  private final ByteReader in;
  private final long valueBytesMax;
  private final KeyVisitor visitor;

  // Of the key being read.
  private Bytes key;
  private long oversizeBytes;

  RdbValues(ByteReader in, long valueBytesMax, KeyVisitor visitor) {
    this.in = in;
    this.valueBytesMax = valueBytesMax;
    this.visitor = visitor;
  }

  /**
   * Reads a value of {@code rdbType} and hands it to the visitor as that of {@code key}.
   *
   * @param rdbVersion of the snapshot; goes into the payloads of opaque values
   */
  void read(int rdbType, Bytes key, long expiresAtMs, int rdbVersion) throws IOException {
    this.key = key;
    this.oversizeBytes = 0;
    switch (rdbType) {
      case 0 -> {
        Bytes value = string();
        if (value == null) {
          visitor.withheld(key, DataType.STRING, oversizeBytes);
        } else {
          visitor.single(key, DataType.STRING, value, expiresAtMs);
        }
      }
      case 1, 10, 14, 18 -> list(rdbType, expiresAtMs);
      case 2, 11, 20 -> {
        visitor.beginCollection(key, DataType.SET, expiresAtMs);
        set(rdbType);
        endCollection(DataType.SET);
      }
      case 3, 5, 12, 17 -> {
        visitor.beginCollection(key, DataType.ZSET, expiresAtMs);
        sortedSet(rdbType);
        endCollection(DataType.ZSET);
      }
      case 4, 9, 13, 16, 22, 23, 24, 25 -> {
        visitor.beginCollection(key, DataType.HASH, expiresAtMs);
        hash(rdbType);
        endCollection(DataType.HASH);
      }
      case 15, 19, 21 -> {
        visitor.beginCollection(key, DataType.STREAM, expiresAtMs);
        stream(rdbType);
        endCollection(DataType.STREAM);
      }
      case 7 -> module(expiresAtMs, rdbVersion);
      default ->
          throw new StreamCorruptedException(
              "type " + rdbType + " of key " + key + " is not one of Redis 7.4 or older");
    }
  }

  /** A length, of at most 63 bits. */
  long length() throws IOException {
    int first = in.read();
    long length = lengthOrEncoding(first);
    if (first >= 0xc0) {
      throw new StreamCorruptedException("an encoded string where a length was due");
    }
    return length;
  }

  /** A string of any length that Redis allows: for keys and what is no data. */
  Bytes anyString() throws IOException {
    return string(STRING_BYTES_MAX);
  }

  void skipString() throws IOException {
    string(-1);
  }

  long littleEndian(int bytes) throws IOException {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (long) in.read() << (8 * i);
    }
    return value;
  }

  /** Passes over the self-describing part of a module's value or auxiliary data. */
  void skipModuleValue() throws IOException {
    while (true) {
      long opcode = length();
      switch ((int) opcode) {
        case 0 -> {
          return;
        }
        case 1, 2 -> length();
        case 3 -> in.skip(4);
        case 4 -> in.skip(8);
        case 5 -> skipString();
        default -> throw new StreamCorruptedException("module opcode " + opcode);
      }
    }
  }

  private void endCollection(DataType type) {
    if (oversizeBytes > 0) {
      visitor.withheld(key, type, oversizeBytes);
    } else {
      visitor.endCollection();
    }
  }

  private void field(Bytes field, Bytes value) {
    if (field != null && field.length() > valueBytesMax) {
      oversizeBytes = Math.max(oversizeBytes, field.length());
    } else if (value != null && value.length() > valueBytesMax) {
      oversizeBytes = Math.max(oversizeBytes, value.length());
    }
    if (field != null && value != null && oversizeBytes == 0) {
      visitor.field(field, value);
    }
  }

  private void list(int rdbType, long expiresAtMs) throws IOException {
    var list = new ListValue();
    if (rdbType == 10) {
      list = addAll(list, PackedElements.zipList(blob()));
    } else {
      long count = length();
      for (long i = 0; i < count; i++) {
        if (rdbType == 1) {
          list = add(list, string());
        } else if (rdbType == 14) {
          list = addAll(list, PackedElements.zipList(blob()));
        } else if (length() == 1) {
          list = add(list, string());
        } else {
          list = addAll(list, PackedElements.listPack(blob()));
        }
      }
    }
    if (oversizeBytes > 0) {
      visitor.withheld(key, DataType.LIST, oversizeBytes);
    } else {
      visitor.single(key, DataType.LIST, list.value(), expiresAtMs);
    }
  }

  private ListValue addAll(ListValue list, PackedElements elements) throws IOException {
    ListValue result = list;
    while (elements.hasNext()) {
      result = add(result, elements.next());
    }
    return result;
  }

  // A list is one value: once over the limit, what follows only adds to its size.
  private ListValue add(ListValue list, Bytes element) {
    if (element == null) {
      return list;
    }
    if (oversizeBytes > 0) {
      oversizeBytes += ListValue.encodedBytes(element);
    } else if (list.length() + (long) ListValue.encodedBytes(element) > valueBytesMax) {
      oversizeBytes = list.length() + (long) ListValue.encodedBytes(element);
      return new ListValue();
    } else {
      list.add(element);
    }
    return list;
  }

  private void set(int rdbType) throws IOException {
    if (rdbType == 2) {
      long count = length();
      for (long i = 0; i < count; i++) {
        field(string(), NO_VALUE);
      }
      return;
    }
    Bytes packed = blob();
    PackedElements members =
        rdbType == 11 ? PackedElements.intSet(packed) : PackedElements.listPack(packed);
    while (members.hasNext()) {
      field(members.next(), NO_VALUE);
    }
  }

  private void sortedSet(int rdbType) throws IOException {
    if (rdbType == 3 || rdbType == 5) {
      long count = length();
      for (long i = 0; i < count; i++) {
        Bytes member = string();
        double score = rdbType == 5 ? Double.longBitsToDouble(littleEndian(8)) : textScore();
        field(member, Scores.value(score));
      }
      return;
    }
    Bytes packed = blob();
    PackedElements members =
        rdbType == 12 ? PackedElements.zipList(packed) : PackedElements.listPack(packed);
    while (members.hasNext()) {
      Bytes member = members.next();
      field(member, Scores.value(Scores.parse(members.next())));
    }
  }

  private double textScore() throws IOException {
    int length = in.read();
    return switch (length) {
      case 253 -> Double.NaN;
      case 254 -> Double.POSITIVE_INFINITY;
      case 255 -> Double.NEGATIVE_INFINITY;
      default -> Scores.parse(in.read(length));
    };
  }

  private void hash(int rdbType) throws IOException {
    boolean expiring = rdbType >= 22;
    if (expiring) {
      // The fields' own expiry has no place in a copy; when it comes, the source sends an HDEL.
      visitor.unsupported("expiry of hash fields", key);
    }
    if (rdbType == 24 || rdbType == 25) {
      in.skip(8);
    }
    if (rdbType == 4 || rdbType == 22 || rdbType == 24) {
      long count = length();
      for (long i = 0; i < count; i++) {
        if (expiring) {
          length();
        }
        Bytes field = string();
        field(field, string());
      }
      return;
    }
    Bytes packed = blob();
    PackedElements elements =
        switch (rdbType) {
          case 9 -> PackedElements.zipMap(packed);
          case 13 -> PackedElements.zipList(packed);
          default -> PackedElements.listPack(packed);
        };
    while (elements.hasNext()) {
      Bytes field = elements.next();
      field(field, elements.next());
      if (expiring) {
        elements.next();
      }
    }
  }

  private void stream(int rdbType) throws IOException {
    long nodes = length();
    for (long i = 0; i < nodes; i++) {
      Bytes firstId = blob();
      if (firstId.length() != 16) {
        throw new StreamCorruptedException("stream id of " + firstId.length() + " bytes");
      }
      streamNode(
          StreamIds.ms(firstId), StreamIds.sequence(firstId), PackedElements.listPack(blob()));
    }
    // Number of entries and last id; then first id, highest deleted id and entries ever added.
    int lengths = rdbType == 15 ? 3 : 8;
    for (int i = 0; i < lengths; i++) {
      length();
    }
    long groups = length();
    if (groups > 0) {
      visitor.unsupported("stream consumer groups", key);
    }
    for (long i = 0; i < groups; i++) {
      streamGroup(rdbType);
    }
  }

  // The first entry lists the usual names; the following refer to it, or bring their own.
  private void streamNode(long firstMs, long firstSequence, PackedElements elements)
      throws IOException {
    elements.nextLong();
    elements.nextLong();
    int usualCount = (int) elements.nextLong();
    if (usualCount < 0 || usualCount > elements.end - elements.start) {
      throw elements.corrupted();
    }
    Bytes[] usualNames = new Bytes[usualCount];
    for (int i = 0; i < usualCount; i++) {
      usualNames[i] = elements.next();
    }
    elements.nextLong();
    while (elements.hasNext()) {
      long flags = elements.nextLong();
      long ms = firstMs + elements.nextLong();
      long sequence = firstSequence + elements.nextLong();
      boolean usual = (flags & 2) != 0;
      long names = usual ? usualCount : elements.nextLong();
      var entry = new ListValue();
      for (int i = 0; i < names; i++) {
        entry.add(usual ? usualNames[i] : elements.next());
        entry.add(elements.next());
      }
      elements.nextLong();
      if ((flags & 1) == 0) {
        field(StreamIds.field(ms, sequence), entry.value());
      }
    }
  }

  private void streamGroup(int rdbType) throws IOException {
    skipString();
    length();
    length();
    if (rdbType >= 19) {
      length();
    }
    long pending = length();
    for (long i = 0; i < pending; i++) {
      in.skip(16 + 8);
      length();
    }
    long consumers = length();
    for (long i = 0; i < consumers; i++) {
      skipString();
      in.skip(rdbType >= 21 ? 16 : 8);
      in.skip(16 * length());
    }
  }

  // The payload of DUMP: type, value, version of the format (2), CRC-64 (8), both little-endian.
  private void module(long expiresAtMs, int rdbVersion) throws IOException {
    in.record();
    length();
    skipModuleValue();
    byte[] value = in.recorded();
    if (value.length + 11L > valueBytesMax) {
      visitor.withheld(key, DataType.OPAQUE, value.length + 11L);
      return;
    }
    byte[] payload = new byte[value.length + 11];
    payload[0] = 7;
    System.arraycopy(value, 0, payload, 1, value.length);
    int end = value.length + 1;
    payload[end] = (byte) rdbVersion;
    payload[end + 1] = (byte) (rdbVersion >> 8);
    long crc = Crc64.of(payload, end + 2);
    for (int i = 0; i < 8; i++) {
      payload[end + 2 + i] = (byte) (crc >>> (8 * i));
    }
    visitor.single(key, DataType.OPAQUE, Bytes.wrap(payload), expiresAtMs);
  }

  /** A whole small collection in one string; its parts are held against the limit later. */
  private Bytes blob() throws IOException {
    return string(STRING_BYTES_MAX);
  }

  /** A value, or null where it is over the limit. */
  private Bytes string() throws IOException {
    return string(valueBytesMax);
  }

  private Bytes string(long bytesMax) throws IOException {
    int first = in.read();
    long length = lengthOrEncoding(first);
    if (first < 0xc0) {
      if (length > bytesMax) {
        in.skip(length);
        return overLimit(length, bytesMax);
      }
      return in.read((int) length);
    }
    switch ((int) (length - ENCODED_BIT)) {
      case 0:
        return PackedElements.text((byte) in.read());
      case 1:
        return PackedElements.text((short) littleEndian(2));
      case 2:
        int value = (int) littleEndian(4);
        return PackedElements.text(value);
      case 3:
        long compressed = length();
        long plain = length();
        if (plain > bytesMax || compressed > STRING_BYTES_MAX) {
          in.skip(compressed);
          return overLimit(plain, bytesMax);
        }
        return Lzf.decompress(in.read((int) compressed), (int) plain);
      default:
        throw new StreamCorruptedException("string encoding " + (length - ENCODED_BIT));
    }
  }

  private Bytes overLimit(long length, long bytesMax) throws StreamCorruptedException {
    if (bytesMax == STRING_BYTES_MAX) {
      throw new StreamCorruptedException("a string of " + length + " bytes, 1 GiB is allowed");
    }
    if (bytesMax == valueBytesMax) {
      oversizeBytes = Math.max(oversizeBytes, length);
    }
    return null;
  }

  private long lengthOrEncoding(int first) throws IOException {
    switch (first >> 6) {
      case 0:
        return first & 0x3f;
      case 1:
        return (first & 0x3fL) << 8 | in.read();
      case 3:
        return ENCODED_BIT + (first & 0x3fL);
      default:
        if (first != 0x80 && first != 0x81) {
          throw new StreamCorruptedException(String.format("length prefix 0x%02x", first));
        }
        long length = 0;
        for (int i = first == 0x80 ? 4 : 8; i > 0; i--) {
          length = length << 8 | in.read();
        }
        return length;
    }
  }
}
