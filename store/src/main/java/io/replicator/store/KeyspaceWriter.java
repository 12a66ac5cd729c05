package io.replicator.store;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.replication.Entry;
import java.util.Collection;
import java.util.Map;

/**
 * One database as its writer sees it: what is stored, with the changes of the commits not yet
 * written on top. Confined to the thread that owns the {@link CommitWriter}.
 *
 * <p>Writing what is already there makes no version. A collection that has no fields when its
 * commit ends does not exist. Expiry is milliseconds since 1970, 0 for never.
 */
public interface KeyspaceWriter {
  /**
   * The live key, or null. A key whose expiry has passed is still live until somebody deletes it.
   */
  KeyState key(Bytes key);

  /**
   * The version of a live key, as {@link DatabaseSnapshot#version} tells it; 0 where there is none.
   */
  long version(Bytes key);

  /**
   * Reads what is stored under {@code keys} at once, which is cheaper than one by one when they are
   * written or asked for next. Changes nothing else.
   */
  default void prefetch(Collection<Bytes> keys) {}

  /** The value of a live field of a live key, or null. */
  Bytes field(Bytes key, Bytes field);

  /**
   * Calls {@code visitor} with the live fields of {@code key} in byte order, from {@code fromField}
   * inclusive ({@link Bytes#EMPTY} for all), until it returns false. The visitor must not write.
   */
  void forEachField(Bytes key, Bytes fromField, FieldVisitor visitor);

  /**
   * The key holds {@code value} from now on, whatever it was; the type is one that is no
   * collection.
   */
  void putValue(Bytes key, DataType type, Bytes value, long expiresAtMs);

  /**
   * The collection gets or overwrites a field; the key is created (expiry 0) or, of another type,
   * replaced.
   */
  void putField(Bytes key, DataType type, Bytes field, Bytes value);

  /**
   * The field is gone; nothing happens where it is not. With its last field a collection is gone
   * too, and its expiry with it, as in Redis.
   */
  void removeField(Bytes key, Bytes field);

  /**
   * The key is this collection with exactly these fields from now on, by the cheaper of changing
   * what differs and beginning a new generation.
   */
  void replaceCollection(Bytes key, DataType type, Map<Bytes, Bytes> fields, long expiresAtMs);

  /**
   * The key is this entry from now on, whatever it was. Where that changes anything, the header
   * gets the newest version, so that the key's own never falls back, whatever is forgotten later.
   *
   * @return the version of the key
   */
  long put(Entry entry);

  /** Sets or, with 0, removes the expiry; nothing happens where the key is not. */
  void expire(Bytes key, long expiresAtMs);

  /** The key and its fields are gone; a range delete where there are many. */
  void delete(Bytes key);

  /** Every key is gone. */
  void deleteAll();

  /** A live key. {@code value} is empty and {@code fields} counts the fields for a collection. */
  record KeyState(DataType type, Bytes value, long expiresAtMs, long fields) {}

  /** Receives fields; returns whether it wants more. */
  @FunctionalInterface
  interface FieldVisitor {
    boolean field(Bytes field, Bytes value);
  }
}
