package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * How far a source has been captured, as it is stored with the data: always the end of a commit.
 *
 * <pre>
 *   1       layout, this one
 *   2 + n   replication id, UTF-8
 *   8       offset
 *   4       selected database
 *   4       number of captured databases, then 4 each
 *   1       whether more keys are withheld than follow
 *   4       number of databases with withheld keys, then each
 *             4 its number, 4 number of fingerprints, then 8 each
 *   4       number of keys to read again, then each
 *             4 its database, 4 its length, the key
 * </pre>
 *
 * @param databases that were captured
 * @param withheld fingerprints by database, see {@link DivergentKeys}
 * @param readAgain keys whose stored content is not the one at {@code offset}
 */
record Checkpoint(
    String replicationId,
    long offset,
    int selected,
    Set<Integer> databases,
    boolean withheldOverflow,
    Map<Integer, Set<Long>> withheld,
    List<DivergentKeys.DatabaseKey> readAgain) {
  private static final int LAYOUT = 1;
  private static final int KEYS_BYTES_MAX = 1 << 20;

  static Checkpoint of(
      String replicationId,
      long offset,
      int selected,
      Set<Integer> databases,
      DivergentKeys divergent) {
    return new Checkpoint(
        replicationId,
        offset,
        selected,
        databases,
        divergent.withheldOverflow(),
        divergent.withheld(),
        divergent.staleOrAhead());
  }

  /** As stored; empty, which stands for a new snapshot, where it would be too large. */
  Bytes encode() {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      out.writeByte(LAYOUT);
      out.writeUTF(replicationId);
      out.writeLong(offset);
      out.writeInt(selected);
      out.writeInt(databases.size());
      for (int database : databases) {
        out.writeInt(database);
      }
      out.writeBoolean(withheldOverflow);
      out.writeInt(withheld.size());
      for (Map.Entry<Integer, Set<Long>> entry : withheld.entrySet()) {
        out.writeInt(entry.getKey());
        out.writeInt(entry.getValue().size());
        for (long fingerprint : entry.getValue()) {
          out.writeLong(fingerprint);
        }
      }
      out.writeInt(readAgain.size());
      for (DivergentKeys.DatabaseKey key : readAgain) {
        if (bytes.size() + key.key().length() > KEYS_BYTES_MAX) {
          return Bytes.EMPTY;
        }
        out.writeInt(key.database());
        out.writeInt(key.key().length());
        out.write(key.key().array(), key.key().offset(), key.key().length());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return Bytes.wrap(bytes.toByteArray());
  }

  /** Null where nothing usable is stored: then a snapshot is needed. */
  static Checkpoint decode(Bytes stored) {
    if (stored.isEmpty() || stored.at(0) != LAYOUT) {
      return null;
    }
    try (var in =
        new DataInputStream(
            new java.io.ByteArrayInputStream(
                stored.array(), stored.offset() + 1, stored.length() - 1))) {
      String replicationId = in.readUTF();
      long offset = in.readLong();
      int selected = in.readInt();
      Set<Integer> databases = new HashSet<>();
      for (int n = in.readInt(); n > 0; n--) {
        databases.add(in.readInt());
      }
      boolean overflow = in.readBoolean();
      Map<Integer, Set<Long>> withheld = new TreeMap<>();
      for (int n = in.readInt(); n > 0; n--) {
        Set<Long> fingerprints =
            withheld.computeIfAbsent(in.readInt(), database -> new HashSet<>());
        for (int f = in.readInt(); f > 0; f--) {
          fingerprints.add(in.readLong());
        }
      }
      List<DivergentKeys.DatabaseKey> readAgain = new ArrayList<>();
      for (int n = in.readInt(); n > 0; n--) {
        int database = in.readInt();
        byte[] key = in.readNBytes(Math.min(in.readInt(), stored.length()));
        readAgain.add(new DivergentKeys.DatabaseKey(database, Bytes.wrap(key)));
      }
      return new Checkpoint(
          replicationId, offset, selected, databases, overflow, withheld, readAgain);
    } catch (IOException e) {
      return null;
    }
  }
}
