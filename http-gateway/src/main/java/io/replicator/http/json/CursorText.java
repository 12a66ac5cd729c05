package io.replicator.http.json;

import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.Epoch;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cursors as text, for headers, queries and JSON; opaque to clients.
 *
 * <pre>
 *   Cursor.At        EPOCH-VERSION             16 hex digits, decimal
 *   Cursor.Loading   EPOCH-VERSION-POSITION    position in base64url without padding
 * </pre>
 *
 * {@link Cursor#NOTHING} has no text: it is left out.
 */
public final class CursorText {
  private static final Pattern FORM =
      Pattern.compile("(?<epoch>[0-9a-f]{16})-(?<version>0|[1-9][0-9]{0,18})(?:-(?<at>[\\w-]*))?");

  private CursorText() {}

  /**
   * @throws IllegalArgumentException for {@link Cursor#NOTHING}
   */
  public static String of(Cursor cursor) {
    if (cursor instanceof Cursor.At at) {
      return at.epoch() + "-" + at.version();
    }
    if (cursor instanceof Cursor.Loading loading) {
      Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
      String position = base64.encodeToString(loading.position().toArray());
      return loading.epoch() + "-" + loading.version() + "-" + position;
    }
    throw new IllegalArgumentException("nothing has no text");
  }

  /**
   * @throws IllegalArgumentException that says what is allowed, if {@code text} is not what {@link
   *     #of} gives
   */
  public static Cursor parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw malformed(text, null);
    }
    try {
      Epoch epoch = Epoch.parse(form.group("epoch"));
      long version = Long.parseLong(form.group("version"));
      String position = form.group("at");
      return position == null
          ? new Cursor.At(epoch, version)
          : new Cursor.Loading(epoch, version, Bytes.wrap(Base64.getUrlDecoder().decode(position)));
    } catch (IllegalArgumentException e) {
      throw malformed(text, e);
    }
  }

  private static IllegalArgumentException malformed(String text, Throwable cause) {
    String shown = text.length() > 64 ? text.substring(0, 64) + "…" : text;
    return new IllegalArgumentException(
        "\"" + shown + "\" is no cursor; allowed: what an earlier answer named as its cursor",
        cause);
  }
}
