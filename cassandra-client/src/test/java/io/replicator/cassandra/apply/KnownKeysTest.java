package io.replicator.cassandra.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.replication.Bytes;
import org.junit.jupiter.api.Test;

class KnownKeysTest {
  private final KnownKeys known = new KnownKeys(1024);

  private static Bytes key(int number) {
    return Bytes.utf8("key:" + number);
  }

  @Test
  void shouldTellWhatItWasTold() {
    long expiresAtMs = 4_102_444_800_123L;
    known.put(1, key(1), KnownKeys.state(0b101, expiresAtMs));
    known.put(1, key(2), KnownKeys.state(0, 0));
    assertThat(KnownKeys.tables(known.get(1, key(1)))).isEqualTo(0b101);
    assertThat(KnownKeys.expiresAtMs(known.get(1, key(1)))).isEqualTo(expiresAtMs);
    assertThat(known.get(1, key(2))).isNotEqualTo(KnownKeys.UNKNOWN).isZero();
    assertThat(known.get(1, key(3))).isEqualTo(KnownKeys.UNKNOWN);
  }

  @Test
  void shouldKnowNothingUnderAnotherSalt() {
    known.put(1, key(1), 7);
    assertThat(known.get(2, key(1))).isEqualTo(KnownKeys.UNKNOWN);
  }

  @Test
  void shouldForgetRatherThanConfuse() {
    for (int i = 0; i < 100_000; i++) {
      known.put(1, key(i), i);
    }
    int remembered = 0;
    for (int i = 0; i < 100_000; i++) {
      long state = known.get(1, key(i));
      assertThat(state).isIn((long) i, KnownKeys.UNKNOWN);
      remembered += state == i ? 1 : 0;
    }
    assertThat(remembered).isBetween(512, 1024);
  }
}
