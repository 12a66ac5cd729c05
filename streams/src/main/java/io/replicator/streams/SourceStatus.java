package io.replicator.streams;

import java.util.Map;

/**
 * How a capture goes.
 *
 * @param id {@code redis:} and the run id of the server, empty before it is known
 * @param offset position in the source's own stream up to which everything is stored
 * @param spoolBytes read from the source and not yet stored
 * @param commands data-changing commands captured since the start
 * @param loadedKeys keys read from the snapshot under way, or from the last one
 * @param unsupported what was not captured, counted by kind: a value over the limit, an unknown
 *     command
 * @param detail for people: what is going on or went wrong
 */
public record SourceStatus(
    String id,
    String address,
    State state,
    long offset,
    long spoolBytes,
    long commands,
    long loadedKeys,
    Map<String, Long> unsupported,
    String detail) {
  /** The states of a capture, in the order of a normal start. */
  public enum State {
    CONNECTING,
    LOADING,
    STREAMING,
    STOPPED,
    FAILED
  }
}
