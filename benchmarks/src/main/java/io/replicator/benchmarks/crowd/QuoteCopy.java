package io.replicator.benchmarks.crowd;

import io.replicator.benchmarks.child.WallClock;
import io.replicator.protocol.Blocks;
import io.replicator.protocol.WireLimits;
import io.replicator.protocol.ZstdDictionary;
import io.replicator.protocol.v1.Dictionary;
import io.replicator.replication.Bytes;
import io.replicator.replication.VersionedRecord;
import io.replicator.streams.BatchCodec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;

/** The copy that a member makes who looks at what it gets. Confined to a thread. */
final class QuoteCopy {
  /** Only compression has one. */
  private static final int NO_LEVEL = 0;

  private final Tally tally;

  /** By their ids; those of a hub are the same for everybody. */
  private final Map<Integer, ZstdDictionary> dictionaries;

  private final Map<Bytes, Bytes> quotes = new TreeMap<>();
  private final ByteArrayOutputStream block = new ByteArrayOutputStream();

  QuoteCopy(Tally tally, Map<Integer, ZstdDictionary> dictionaries) {
    this.tally = tally;
    this.dictionaries = dictionaries;
  }

  void add(Dictionary dictionary) {
    dictionaries.computeIfAbsent(
        dictionary.getId(),
        id -> new ZstdDictionary(id, dictionary.getContent().toByteArray(), NO_LEVEL));
  }

  /** The next piece of a block; takes all of it. */
  void add(ByteBuffer payload, boolean last) throws IOException {
    byte[] piece = new byte[payload.remaining()];
    payload.get(piece);
    block.writeBytes(piece);
    if (last) {
      byte[] plain = Blocks.decode(block.toByteArray(), WireLimits.DEFAULT, dictionaries::get);
      block.reset();
      apply(plain);
    }
  }

  private void apply(byte[] plain) throws IOException {
    long nowUs = WallClock.nowUs();
    for (VersionedRecord record : BatchCodec.decode(plain).batch().records()) {
      if (!(record instanceof VersionedRecord.Header quote)) {
        throw new IOException("a quote is a string that is never deleted, not " + record);
      }
      quotes.put(quote.key().compact(), quote.value().compact());
      tally.record(nowUs - Quotes.writtenAtUs(quote.value().asUtf8()));
    }
  }

  boolean isEmpty() {
    return quotes.isEmpty();
  }

  String digest() {
    return Quotes.digest(quotes);
  }
}
