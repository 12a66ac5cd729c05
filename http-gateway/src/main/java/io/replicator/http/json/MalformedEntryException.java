package io.replicator.http.json;

import com.fasterxml.jackson.core.JsonLocation;

/** What was sent is no entry: what is wrong, where, and what is allowed. */
public final class MalformedEntryException extends Exception {
  private static final long serialVersionUID = 1;

  private final int line;
  private final int column;

  MalformedEntryException(String message, JsonLocation at) {
    super(message, null, false, false);
    this.line = at == null ? 0 : at.getLineNr();
    this.column = at == null ? 0 : at.getColumnNr();
  }

  /** From 1; 0 where it is about the whole. */
  public int line() {
    return line;
  }

  /** In bytes, from 1. */
  public int column() {
    return column;
  }
}
