package io.replicator.streams.verify;

import static io.replicator.streams.verify.KeyspaceComparison.await;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.streams.verify.KeyspaceView.Page;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * In what two images of a key differ, in words. Values too large for an image are read page by
 * page. Blocks; confined to one thread.
 */
final class Differences {
  private final KeyspaceView from;
  private final KeyspaceView to;
  private final ComparisonSettings settings;

  Differences(KeyspaceView from, KeyspaceView to, ComparisonSettings settings) {
    this.from = from;
    this.to = to;
    this.settings = settings;
  }

  private boolean isAboutToExpire(KeyImage image) {
    return KeyspaceComparison.isExpiring(image)
        && image.expiresAtMs()
            <= settings.clockMs().getAsLong() + settings.expiryTolerance().toMillis();
  }

  /** In words, null where there is none. */
  String between(Bytes key, KeyImage ours, KeyImage theirs) {
    if (ours == null && theirs == null) {
      return null;
    }
    if (ours != null && ours.flaw() != null) {
      return ours.flaw() + " at " + from.describe();
    }
    if (theirs != null && theirs.flaw() != null) {
      return theirs.flaw() + " at " + to.describe();
    }
    if (ours == null || theirs == null) {
      KeyImage there = ours == null ? theirs : ours;
      return isAboutToExpire(there)
          ? null
          : "a "
              + nameOf(there.type())
              + " at "
              + (ours == null ? to : from).describe()
              + ", absent at "
              + (ours == null ? from : to).describe();
    }
    if (ours.type() != theirs.type()) {
      return "a " + nameOf(ours.type()) + " against a " + nameOf(theirs.type());
    }
    String value = valueDifference(key, ours, theirs);
    return value != null ? value : expiryDifference(ours, theirs);
  }

  private String expiryDifference(KeyImage ours, KeyImage theirs) {
    if (ours.expiresAtMs() == theirs.expiresAtMs()) {
      return null;
    }
    if (ours.expiresAtMs() == 0 || theirs.expiresAtMs() == 0) {
      return "expires " + at(ours.expiresAtMs()) + " against " + at(theirs.expiresAtMs());
    }
    long apart = Math.abs(ours.expiresAtMs() - theirs.expiresAtMs());
    return apart <= settings.expiryTolerance().toMillis()
        ? null
        : "expires "
            + at(ours.expiresAtMs())
            + " against "
            + at(theirs.expiresAtMs())
            + ", "
            + apart
            + " ms apart";
  }

  private static String at(long expiresAtMs) {
    return expiresAtMs == 0 ? "never" : Instant.ofEpochMilli(expiresAtMs).toString();
  }

  private String valueDifference(Bytes key, KeyImage ours, KeyImage theirs) {
    if (ours.parts() != null && theirs.parts() != null) {
      return ours.parts().equals(theirs.parts()) ? null : partsDifference(ours, theirs);
    }
    if (ours.size() != theirs.size()) {
      return sizes(ours, theirs);
    }
    return switch (ours.type()) {
      case HASH, SET, ZSET -> fieldsDifference(key, ours.type());
      case STRING, OPAQUE -> bytesDifference(key, ours.type());
      default -> sequenceDifference(key, ours.type());
    };
  }

  private static String sizes(KeyImage ours, KeyImage theirs) {
    String unit =
        switch (ours.type()) {
          case STRING, OPAQUE -> " bytes";
          case HASH -> " fields";
          case SET, ZSET -> " members";
          case LIST -> " elements";
          case STREAM -> " entries";
        };
    return "a " + nameOf(ours.type()) + " of " + ours.size() + unit + " against " + theirs.size();
  }

  private static String partsDifference(KeyImage ours, KeyImage theirs) {
    int at = 0;
    int common = Math.min(ours.parts().size(), theirs.parts().size());
    while (at < common && ours.parts().get(at).equals(theirs.parts().get(at))) {
      at++;
    }
    if (at == common) {
      return sizes(ours, theirs);
    }
    Bytes our = ours.parts().get(at);
    Bytes their = theirs.parts().get(at);
    return switch (ours.type()) {
      case STRING, OPAQUE -> "a " + nameOf(ours.type()) + " with " + values(our, their);
      case LIST -> "element " + at + " is " + our + " against " + their;
      case HASH, ZSET ->
          at % 2 == 1
              ? "field " + ours.parts().get(at - 1) + " is " + our + " against " + their
              : "field " + smaller(our, their) + " is on one side only";
      case SET -> "member " + smaller(our, their) + " is on one side only";
      case STREAM -> "an entry has " + our + " against " + their;
    };
  }

  private static Bytes smaller(Bytes a, Bytes b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  /** Around the first byte that differs, where the values are long. */
  private static String values(Bytes our, Bytes their) {
    int from = Math.max(0, our.commonPrefix(their) - 16);
    return (from > 0 ? "from byte " + from + " on " : "")
        + our.slice(from, our.length())
        + " against "
        + their.slice(from, their.length());
  }

  /**
   * Sizes being equal, it is enough that one side has every field of the other with its value. What
   * lists well is listed.
   */
  private String fieldsDifference(Bytes key, DataType type) {
    KeyspaceView listed = KeyspaceComparison.listed(from, to);
    KeyspaceView asked = listed == from ? to : from;
    int stride = type == DataType.SET ? 1 : 2;
    String position = KeyspaceView.START;
    while (position != null) {
      Page page = await(listed.elements(key, type, position));
      List<Bytes> fields = new ArrayList<>(page.items().size() / stride);
      for (int i = 0; i < page.items().size(); i += stride) {
        fields.add(page.items().get(i));
      }
      List<Bytes> values = await(asked.lookup(key, type, fields));
      for (int i = 0; i < fields.size(); i++) {
        Bytes listedValue = stride == 1 ? Bytes.EMPTY : page.items().get(i * stride + 1);
        Bytes askedValue = values.get(i);
        if (askedValue == null) {
          return "field " + fields.get(i) + " is missing at " + asked.describe();
        }
        if (!listedValue.equals(askedValue)) {
          Bytes our = listed == from ? listedValue : askedValue;
          Bytes their = listed == from ? askedValue : listedValue;
          return "field " + fields.get(i) + " is " + our + " against " + their;
        }
      }
      position = page.next();
    }
    return null;
  }

  /** Places cut a long value into different pieces. */
  private String bytesDifference(Bytes key, DataType type) {
    var ours = new Sequence(from, key, type);
    var theirs = new Sequence(to, key, type);
    Bytes our = ours.piece();
    Bytes their = theirs.piece();
    long passed = 0;
    while (our != null && their != null) {
      int common = Math.min(our.length(), their.length());
      int equal = our.commonPrefix(their);
      passed += equal;
      if (equal < common) {
        break;
      }
      our = common == our.length() ? ours.piece() : our.slice(common, our.length());
      their = common == their.length() ? theirs.piece() : their.slice(common, their.length());
    }
    return our == null && their == null
        ? null
        : "a large " + nameOf(type) + " differs after " + passed + " bytes";
  }

  private String sequenceDifference(Bytes key, DataType type) {
    var ours = new Sequence(from, key, type);
    var theirs = new Sequence(to, key, type);
    long passed = 0;
    while (true) {
      List<Bytes> our = ours.rest();
      List<Bytes> their = theirs.rest();
      int common = Math.min(our.size(), their.size());
      if (common == 0) {
        return our.size() == their.size() ? null : differs(type, passed);
      }
      if (!our.subList(0, common).equals(their.subList(0, common))) {
        return differs(type, passed);
      }
      ours.pass(common);
      theirs.pass(common);
      passed += common;
    }
  }

  private static String differs(DataType type, long passed) {
    return "a large " + nameOf(type) + " differs after " + passed + " of its parts";
  }

  /** The parts of one large value in order, whatever pages they come in. */
  private static final class Sequence {
    private final KeyspaceView view;
    private final Bytes key;
    private final DataType type;
    private String position = KeyspaceView.START;
    private List<Bytes> rest = List.of();

    Sequence(KeyspaceView view, Bytes key, DataType type) {
      this.view = view;
      this.key = key;
      this.type = type;
    }

    /** Some of what has not been passed; empty at the end. */
    List<Bytes> rest() {
      while (rest.isEmpty() && position != null) {
        Page page = await(view.elements(key, type, position));
        rest = page.items();
        position = page.next();
      }
      return rest;
    }

    /** The next bytes of a string or opaque value, at least one; null at the end. */
    Bytes piece() {
      while (!rest().isEmpty()) {
        Bytes piece = rest().get(0);
        pass(1);
        if (!piece.isEmpty()) {
          return piece;
        }
      }
      return null;
    }

    void pass(int count) {
      rest = rest.subList(count, rest.size());
    }
  }

  private static String nameOf(DataType type) {
    return type.name().toLowerCase(Locale.ROOT);
  }
}
