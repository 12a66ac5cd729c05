/**
 * Entries, deltas and cursors as JSON and text, the form that HTTP answers, server-sent events and
 * JSON sessions share.
 *
 * <pre>
 *   entry   {"k":KEY, "y":TYPE, "b":true?, "t":MS?, "v":VALUE}      the key holds this, whatever it was
 *   patch   {"k":KEY, "y":TYPE, "b":true?, "t":MS|null?, "set":VALUE?, "del":[FIELD…]?}
 *                                                                   of a collection, what changed
 *   gone    {"k":KEY, "b":true?, "d":true}
 *   batch   {"from":CURSOR?, "cursor":CURSOR, "caughtUp":BOOL, "reset":true?, "entries":[…]}
 *
 *   TYPE    VALUE, also of "set"                  FIELD of "del"
 *   string  "text"
 *   list    ["text"…]
 *   hash    {"field":"text"…}                     "field"
 *   set     ["member"…]                           "member"
 *   zset    [["member", SCORE]…]                  "member"
 *   stream  [["ms-seq", ["name","text"…]]…]       "ms-seq"
 *   opaque  "text", what Redis' DUMP returns
 * </pre>
 *
 * {@code t}: milliseconds that are left to live, at least 1; absent for ever, null in a patch that
 * takes an expiry away. {@code b}: not all of the entry is UTF-8, so every key, field, member, name
 * and text of it is base64 (RFC 4648, padded); ids of stream entries and scores are not. SCORE: a
 * number, or {@code "inf"} or {@code "-inf"}. Members that are absent say nothing; others may be
 * added.
 */
package io.replicator.http.json;
