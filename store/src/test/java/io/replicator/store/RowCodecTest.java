package io.replicator.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The bytes of rows, written down: what is on disks must stay readable. */
final class RowCodecTest {
  private static final HexFormat HEX = HexFormat.of();

  @Test
  void shouldKeepTheBytesOfRowKeys() {
    byte[] header = RowKey.header(0x0102, Bytes.wrap(new byte[] {'a', 0, 'b'}));
    assertThat(HEX.formatHex(header)).isEqualTo("01026100ff620000");
    assertThat(HEX.formatHex(RowKey.field(header, Bytes.utf8("f"))))
        .isEqualTo("01026100ff62000166");
    assertThat(HEX.formatHex(RowKey.fieldsEnd(header))).isEqualTo("01026100ff620002");
    assertThat(HEX.formatHex(RowKey.versioned(1, 258))).isEqualTo("00010000000000000102");
    assertThat(HEX.formatHex(RowKey.expiry(258, header)))
        .isEqualTo("010200000000000001026100ff620000");
    assertThat(RowKey.headerOfExpiry(RowKey.expiry(258, header))).isEqualTo(header);
  }

  @Test
  void shouldKeepTheBytesOfRecords() {
    assertRecord(
        RecordRow.header(DataType.STRING, 5, 0, Bytes.utf8("v")), "0100000000000000050076");
    assertRecord(
        RecordRow.header(DataType.STRING, 5, 0, Bytes.utf8("v")).withExpiry(300, 258),
        "11000000000000012ca702000000000000010276");
    assertRecord(
        RecordRow.header(DataType.HASH, 5, 0, Bytes.EMPTY).withFields(2, 200),
        "0300000000000000050002c801");
    assertRecord(RecordRow.deletedKey(7), "08000000000000000700");
    assertRecord(RecordRow.field(DataType.HASH, 7, 5, Bytes.utf8("v")), "0300000000000000070276");
    assertRecord(RecordRow.deletedField(DataType.ZSET, 7, 5), "0d000000000000000702");
  }

  private static void assertRecord(RecordRow record, String hex) {
    assertThat(HEX.formatHex(record.encode())).isEqualTo(hex);
    assertThat(RecordRow.decode(HEX.parseHex(hex), record.header())).isEqualTo(record);
    assertThat(RecordRow.version(HEX.parseHex(hex))).isEqualTo(record.version());
  }

  @Test
  void shouldKeepTheBytesOfLogGraveAndStandingRows() {
    byte[] row = RowKey.header(1, Bytes.utf8("k"));
    byte[] log = LogRow.encode(9, RecordRow.deletedField(DataType.HASH, 9, 4), row, 300);
    assertThat(HEX.formatHex(log)).isEqualTo("0305ac0200016b0000");
    assertThat(LogRow.isField(log)).isTrue();
    assertThat(LogRow.isTombstone(log)).isTrue();
    assertThat(LogRow.generation(log, 9)).isEqualTo(4);
    assertThat(LogRow.valueLength(log)).isEqualTo(300);
    assertThat(LogRow.recordRow(log)).isEqualTo(row);

    byte[] grave = GraveRow.encode(258, row);
    assertThat(HEX.formatHex(grave)).isEqualTo("000000000000010200016b0000");
    assertThat(GraveRow.writtenMs(grave)).isEqualTo(258);
    assertThat(GraveRow.recordRow(grave)).isEqualTo(row);

    Standing standing = new Standing(1, 2, 3, 4, 5, 6, 7, true, false, true);
    assertThat(HEX.formatHex(standing.encode()))
        .isEqualTo(
            "00000000000000010000000000000002000000000000000300000000000000040000000000000005"
                + "0000000000000006000000000000000705");
    assertThat(Standing.decode(standing.encode())).isEqualTo(standing);
  }

  @Test
  void shouldSortKeysBytewiseWithFieldsBehindTheirHeader() {
    Random random = new Random(42);
    List<Bytes> keys = new ArrayList<>(List.of(Bytes.EMPTY));
    for (int i = 0; i < 2000; i++) {
      byte[] key = new byte[random.nextInt(5)];
      for (int at = 0; at < key.length; at++) {
        key[at] = new byte[] {0, 1, 2, 'a', (byte) 0xfe, (byte) 0xff}[random.nextInt(6)];
      }
      keys.add(Bytes.wrap(key));
    }
    for (int i = 1; i < keys.size(); i++) {
      Bytes a = keys.get(i - 1);
      Bytes b = keys.get(i);
      byte[] rowA = RowKey.header(3, a);
      byte[] rowB = RowKey.header(3, b);
      int order = Integer.signum(a.compareTo(b));
      assertThat(Integer.signum(Arrays.compareUnsigned(rowA, rowB))).isEqualTo(order);
      if (order != 0) {
        assertThat(
                Integer.signum(Arrays.compareUnsigned(RowKey.field(rowA, Bytes.utf8("f")), rowB)))
            .isEqualTo(order);
      }
      assertThat(RowKey.startsWith(rowA, RowKey.keyPrefix(3, b))).isEqualTo(a.startsWith(b));
      byte[] field = RowKey.field(rowA, b);
      int terminator = RowKey.terminator(field, 0);
      assertThat(RowKey.isField(field, terminator)).isTrue();
      assertThat(RowKey.key(field, 0, terminator)).isEqualTo(a);
      assertThat(RowKey.field(field, terminator)).isEqualTo(b);
    }
  }

  @Test
  void shouldReadBackNumbersOfEveryLength() {
    for (int shift = 0; shift < 64; shift++) {
      for (long number : new long[] {1L << shift, (1L << shift) - 1, ~(1L << shift)}) {
        byte[] bytes = new byte[Varint.BYTES_MAX];
        int end = Varint.write(bytes, 0, number);
        assertThat(end).isEqualTo(Varint.length(number));
        assertThat(Varint.end(bytes, 0)).isEqualTo(end);
        assertThat(Varint.read(bytes, 0)).isEqualTo(number);
      }
    }
  }
}
