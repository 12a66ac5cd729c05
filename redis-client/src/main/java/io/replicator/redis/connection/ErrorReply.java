package io.replicator.redis.connection;

/**
 * What Redis answered instead of doing the command.
 *
 * @param text begins with a code such as {@code OOM} or {@code WRONGTYPE}
 */
public record ErrorReply(String text) {
  public boolean hasCode(String code) {
    return text.startsWith(code)
        && (text.length() == code.length() || text.charAt(code.length()) == ' ');
  }
}
