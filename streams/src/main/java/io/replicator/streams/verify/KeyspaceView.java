package io.replicator.streams.verify;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * One side of a comparison: a keyspace that can be listed and asked about keys. What the product
 * itself keeps there, and what no hub has (a stream without entries), is not part of it.
 *
 * <p>Calls come from one thread; several may be under way. Every answer is bounded, whatever the
 * keyspace holds.
 */
public interface KeyspaceView extends AutoCloseable {
  /** Where the elements of a value begin. */
  String START = "0";

  /** Where it is, for people; no credentials. */
  String describe();

  /** About how many keys there are, those of the product included; -1 where nobody counts them. */
  CompletionStage<Long> size();

  /** Begins a listing of all keys. One at a time. */
  Listing list();

  /**
   * Whether a listing brings what the keys hold, cheaper than {@link #read}: of two places, such a
   * one is listed and the other is asked.
   */
  default boolean listsImages() {
    return false;
  }

  /** Those of {@code keys} that do not exist. */
  CompletionStage<List<Bytes>> missing(List<Bytes> keys);

  /** The keys as they are now, in the order of {@code keys}; null for one that does not exist. */
  CompletionStage<List<KeyImage>> read(List<Bytes> keys);

  /**
   * A page of one large value. A string or opaque value: its next bytes. A list or stream: its next
   * elements, in order. A hash or zset: fields or members and their values by turns, in any order,
   * some perhaps twice; a set: members alone.
   */
  CompletionStage<Page> elements(Bytes key, DataType type, String position);

  /**
   * The values of fields of a hash or zset, or empty bytes for members of a set, in the order asked
   * for; null for what is not there.
   */
  CompletionStage<List<Bytes>> lookup(Bytes key, DataType type, List<Bytes> fields);

  /** Lets go of connections. */
  @Override
  void close();

  /**
   * @param next where the next page begins, null after the last one
   */
  record Page(List<Bytes> items, String next) {}
}
