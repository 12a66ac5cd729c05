package io.replicator.streams.send;

import io.replicator.protocol.Blocks;
import io.replicator.replication.Batch;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.streams.BatchCodec;
import java.util.List;

/**
 * A batch as it is sent: a serialized Block, encoded and compressed once, whoever gets it.
 *
 * @param block shared between sessions
 * @param dictionaryId of the dictionary that the block needs, 0 for none
 * @param versions how many changes of the keys asked for the batch covers; 0 in a load
 * @param pulledAtMs wall clock of the pull
 * @param startedNs {@link System#nanoTime} before the pull looked at the store
 */
record EncodedBatch(
    Bytes block,
    int dictionaryId,
    Cursor from,
    Cursor to,
    boolean frontier,
    int records,
    long versions,
    int plainBytes,
    long pulledAtMs,
    long startedNs) {

  /** Whether the batch neither brings records nor moves the cursor. */
  boolean standsStill() {
    return records == 0 && to.equals(from);
  }

  /** A batch without records, which only moves the cursor. */
  static EncodedBatch advance(Cursor from, Cursor to, boolean frontier, long pulledAtMs) {
    byte[] plain = BatchCodec.encode(new Batch(from, to, frontier, false, List.of()), pulledAtMs);
    return new EncodedBatch(
        Bytes.wrap(Blocks.encode(plain, 1, null)),
        0,
        from,
        to,
        frontier,
        0,
        0,
        plain.length,
        pulledAtMs,
        System.nanoTime());
  }
}
