package io.replicator.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.replicator.protocol.Blocks;
import io.replicator.protocol.WireLimits;
import io.replicator.protocol.ZstdDictionary;
import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.DataType;
import io.replicator.replication.Epoch;
import io.replicator.replication.VersionedRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DictionaryTrainerTest {
  private static final Epoch EPOCH = new Epoch(0x0102030405060708L);
  private static final String[] AIRPORTS = {"DTW", "HNL", "SFO", "LAS", "ATL", "ORD", "JFK"};

  private final Random random = new Random(1);
  private final DictionaryTrainer trainer =
      new DictionaryTrainer(DictionaryTrainer.DICTIONARY_BYTES_DEFAULT, 3);
  private long version = 1_000_000;

  private Batch flights(int count) {
    long from = version;
    List<VersionedRecord> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String origin = AIRPORTS[random.nextInt(AIRPORTS.length)];
      String destination = AIRPORTS[random.nextInt(AIRPORTS.length)];
      String value =
          "{\"date\":\"2001/01/0%d %02d:%02d\",\"delay\":%d,\"distance\":%d,\"origin\":\"%s\",\"destination\":\"%s\"}"
              .formatted(
                  1 + random.nextInt(9),
                  random.nextInt(24),
                  random.nextInt(60),
                  random.nextInt(100),
                  random.nextInt(3000),
                  origin,
                  destination);
      version++;
      records.add(
          new VersionedRecord.Header(
              Bytes.utf8("flight:" + origin + "-" + destination + "-" + random.nextInt(1000)),
              DataType.STRING,
              Bytes.utf8(value),
              0,
              true,
              version,
              version));
    }
    return new Batch(
        new Cursor.At(EPOCH, from), new Cursor.At(EPOCH, version), true, false, records);
  }

  private void offerEnough() {
    while (!trainer.ready()) {
      trainer.offer(flights(100), 1_700_000_000_000L);
    }
  }

  @Test
  void shouldMakeSmallBatchesSmaller() {
    offerEnough();
    byte[] content = trainer.train().orElseThrow();
    assertThat(content.length).isLessThanOrEqualTo(DictionaryTrainer.DICTIONARY_BYTES_DEFAULT);

    try (ZstdDictionary dictionary = new ZstdDictionary(1, content, 3)) {
      assertThat(ratio(dictionary, 1)).isLessThan(0.6);
      assertThat(ratio(dictionary, 10)).isLessThan(0.85);
    }
  }

  /** Bytes with the dictionary as a part of the bytes without, for batches of {@code records}. */
  private double ratio(ZstdDictionary dictionary, int records) {
    long with = 0;
    long without = 0;
    for (int i = 0; i < 100; i++) {
      byte[] plain = BatchCodec.encode(flights(records), 1_700_000_001_000L);
      byte[] block = Blocks.encode(plain, 3, dictionary);
      assertThat(Blocks.decode(block, WireLimits.DEFAULT, id -> dictionary)).isEqualTo(plain);
      with += block.length;
      without += Blocks.encode(plain, 3, null).length;
    }
    return (double) with / without;
  }

  @Test
  void shouldWaitForEnoughSamples() {
    assertThat(trainer.ready()).isFalse();
    assertThat(trainer.train()).isEmpty();

    trainer.offer(flights(10), 1);
    long bytes = trainer.sampleBytes();

    assertThat(bytes).isPositive();
    assertThat(trainer.train()).isEmpty();
    assertThat(trainer.sampleBytes()).isEqualTo(bytes);
  }

  @Test
  void shouldLetGoOfItsSamplesWhenItHasTrained() {
    offerEnough();

    assertThat(trainer.train()).isPresent();

    assertThat(trainer.sampleBytes()).isZero();
    assertThat(trainer.ready()).isFalse();
  }

  @Test
  void shouldKeepItsSamplesWithinBounds() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(trainer.offer(new byte[8 << 10])).isTrue();
    }

    assertThat(trainer.sampleBytes())
        .isLessThanOrEqualTo(100L * DictionaryTrainer.DICTIONARY_BYTES_DEFAULT);
  }

  @Test
  void shouldPassOverSamplesThatTeachNothing() {
    assertThat(trainer.offer(new byte[0])).isFalse();
    assertThat(trainer.offer(new byte[1 << 20])).isFalse();
    assertThat(trainer.sampleBytes()).isZero();
  }

  @Test
  void shouldMakeNoDictionaryWhereNothingIsInCommon() {
    for (int i = 0; i < 2_000; i++) {
      byte[] noise = new byte[200];
      random.nextBytes(noise);
      trainer.offer(noise);
    }

    // zstd may make a useless one or none; either way it is an answer, not a failure.
    assertThat(trainer.train().orElse(new byte[0]).length)
        .isLessThanOrEqualTo(DictionaryTrainer.DICTIONARY_BYTES_DEFAULT);
  }

  @Test
  void shouldTakeCuttingsOfLoadsAsTheDeltasThatFollow() {
    List<VersionedRecord> records = new ArrayList<>();
    for (VersionedRecord record : flights(20).records()) {
      VersionedRecord.Header header = (VersionedRecord.Header) record;
      records.add(
          new VersionedRecord.Header(header.key(), header.type(), header.value(), 0, true, 0, 0));
    }
    trainer.offer(
        new Batch(
            Cursor.NOTHING, new Cursor.Loading(EPOCH, 5, Bytes.utf8("p")), false, false, records),
        1);

    assertThat(trainer.sampleBytes()).isPositive();
  }

  @Test
  void shouldRefuseSizesThatMakeNoSense() {
    assertThatThrownBy(() -> new DictionaryTrainer(100, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("100");
    assertThatThrownBy(() -> new DictionaryTrainer(DictionaryTrainer.DICTIONARY_BYTES_MAX + 1, 3))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
