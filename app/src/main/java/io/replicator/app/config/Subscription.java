package io.replicator.app.config;

import io.replicator.replication.KeyGlob;

/**
 * One element of {@code --subscribe}: {@code DB}, {@code DB:GLOB}, {@code DB=TARGET} or {@code
 * DB=TARGET:GLOB}. Everything after the first colon is the glob, in which a comma is written {@code
 * \,}.
 *
 * @param target the database to write to, equal to {@code database} when none is named
 * @param glob which keys; {@code *} for all
 */
record Subscription(String database, String target, KeyGlob glob) {
  static final String ALLOWED =
      "DB, DB:GLOB, DB=TARGET or DB=TARGET:GLOB, where DB and TARGET are names of 1 to 64 letters,"
          + " digits, '_', '.', '-'";

  /**
   * @throws IllegalArgumentException that says which forms there are
   */
  static Subscription parse(String text) {
    int colon = text.indexOf(':');
    String databases = colon < 0 ? text : text.substring(0, colon);
    String glob = colon < 0 ? "*" : text.substring(colon + 1);
    String[] names = databases.split("=", 2);
    String target = names[names.length - 1];
    if (!DatabaseList.isName(names[0]) || !DatabaseList.isName(target) || glob.isEmpty()) {
      throw new IllegalArgumentException(ALLOWED);
    }
    return new Subscription(names[0], target, KeyGlob.of(glob));
  }
}
