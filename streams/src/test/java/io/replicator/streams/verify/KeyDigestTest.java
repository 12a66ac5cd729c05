package io.replicator.streams.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.replication.Bytes;
import org.junit.jupiter.api.Test;

class KeyDigestTest {
  private static final int PARTS = 1_024;
  private static final int BUCKETS = 256;

  private final KeyDigest a = new KeyDigest(PARTS);
  private final KeyDigest b = new KeyDigest(PARTS);

  private static Bytes key(int number) {
    return Bytes.utf8("key:" + number);
  }

  /** As other languages compute it. */
  private static int bucket(Bytes key) {
    var crc = new java.util.zip.CRC32();
    crc.update(key.toArray());
    return (int) (crc.getValue() % BUCKETS);
  }

  @Test
  void shouldBeTheSameWhateverTheOrder() {
    for (int i = 0; i < 5_000; i++) {
      a.add(key(i), 0);
      b.add(key(4_999 - i), 0);
    }

    assertThat(a.differs(b)).isFalse();
  }

  @Test
  void shouldTellWhereAKeyIsMissing() {
    for (int i = 0; i < 5_000; i++) {
      a.add(key(i), 0);
      if (i != 77) {
        b.add(key(i), 0);
      }
    }

    assertThat(a.differs(b)).isTrue();
    assertThat(a.differs(b, key(77))).isTrue();
    long suspects = 0;
    for (int i = 0; i < 5_000; i++) {
      suspects += a.differs(b, key(i)) ? 1 : 0;
    }
    assertThat(suspects).isBetween(1L, 30L);
  }

  @Test
  void shouldTellInWhichBucketAKeyIsMissing() {
    a.add(key(77), 0);

    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      assertThat(a.differs(b, bucket, BUCKETS)).isEqualTo(bucket == bucket(key(77)));
    }
  }

  @Test
  void shouldTellPlacesApart() {
    a.add(key(1), 3);
    b.add(key(1), 4);

    assertThat(a.differs(b)).isTrue();
  }

  @Test
  void shouldCountAKeyThatComesTwice() {
    a.add(key(1), 0);
    a.add(key(1), 0);
    b.add(key(1), 0);

    assertThat(a.differs(b)).isTrue();
  }
}
