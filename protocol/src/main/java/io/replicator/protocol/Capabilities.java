package io.replicator.protocol;

import java.util.List;

/** Names of what a side can do beyond the base of the protocol; used where both list them. */
public final class Capabilities {
  /** Feeds are added and removed while the session runs; Hello names none. */
  public static final String SUBSCRIBE = "subscribe";

  /** The client decodes blocks that need a dictionary. */
  public static final String DICTIONARY = "dictionary";

  /** Of this version. */
  public static final List<String> ALL = List.of(SUBSCRIBE, DICTIONARY);

  private Capabilities() {}
}
