package io.replicator.streams.receive;

import io.replicator.protocol.WireException;
import io.replicator.protocol.WireLimits;
import io.replicator.protocol.ZstdDictionary;
import io.replicator.protocol.v1.Dictionary;
import io.replicator.protocol.v1.Refusal;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The dictionaries that the hub handed over in one session. Added by the receiving stage, looked up
 * by whatever threads decode.
 */
final class Dictionaries implements AutoCloseable {
  static final int COUNT_MAX = 256;

  /** Only compression has a level. */
  private static final int NO_LEVEL = 0;

  private final ConcurrentMap<Integer, ZstdDictionary> byId = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /**
   * @throws WireException when it is larger than allowed, one too many, or its id is 0 or taken
   */
  void add(Dictionary dictionary, WireLimits limits) {
    int id = dictionary.getId();
    int bytes = dictionary.getContent().size();
    if (bytes > limits.dictionaryBytesMax() || byId.size() == COUNT_MAX) {
      throw new WireException(
          Refusal.Reason.LIMIT_EXCEEDED,
          "dictionary of "
              + bytes
              + " bytes beside "
              + byId.size()
              + " others, allowed are "
              + COUNT_MAX
              + " of at most "
              + limits.dictionaryBytesMax());
    }
    if (id == 0 || byId.containsKey(id)) {
      throw new WireException(
          Refusal.Reason.MALFORMED,
          "dictionary id " + Integer.toUnsignedString(id) + " is 0 or was sent before");
    }
    byId.put(id, new ZstdDictionary(id, dictionary.getContent().toByteArray(), NO_LEVEL));
  }

  /** Null for one that was not handed over, or after the end of the session. */
  ZstdDictionary get(int id) {
    return closed ? null : byId.get(id);
  }

  @Override
  public void close() {
    closed = true;
    byId.values().forEach(ZstdDictionary::close);
  }
}
