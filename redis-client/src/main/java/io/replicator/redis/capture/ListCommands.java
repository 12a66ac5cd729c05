package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.store.KeyspaceWriter.KeyState;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Commands on lists, as a replica executes them. A list is one value, see {@link ListValue}. */
final class ListCommands {
  private ListCommands() {}

  static void pushRight(CapturedDatabase db, Bytes[] args) {
    push(db, args[1], db.key(args[1], DataType.LIST), pushed(args), false);
  }

  static void pushLeft(CapturedDatabase db, Bytes[] args) {
    List<Bytes> elements = new ArrayList<>(pushed(args));
    Collections.reverse(elements);
    push(db, args[1], db.key(args[1], DataType.LIST), elements, true);
  }

  static void pushRightExisting(CapturedDatabase db, Bytes[] args) {
    db.existing(args[1], DataType.LIST);
    pushRight(db, args);
  }

  static void pushLeftExisting(CapturedDatabase db, Bytes[] args) {
    db.existing(args[1], DataType.LIST);
    pushLeft(db, args);
  }

  static void popLeft(CapturedDatabase db, Bytes[] args) {
    KeyState state = db.existing(args[1], DataType.LIST);
    int at = 0;
    for (long n = popCount(args); n > 0 && at < state.value().length(); n--) {
      at = ListValue.next(state.value(), at);
    }
    put(db, args[1], state, state.value().slice(at, state.value().length()));
  }

  static void popRight(CapturedDatabase db, Bytes[] args) {
    KeyState state = db.existing(args[1], DataType.LIST);
    List<Bytes> elements = ListValue.elements(state.value());
    int left = (int) Math.max(0, elements.size() - popCount(args));
    put(db, args[1], state, state.value().slice(0, bytesOf(elements, left)));
  }

  /** LINSERT key BEFORE|AFTER pivot element. */
  static void insert(CapturedDatabase db, Bytes[] args) {
    KeyState state = db.existing(args[1], DataType.LIST);
    List<Bytes> elements = ListValue.elements(state.value());
    int pivot = elements.indexOf(args[3]);
    if (pivot < 0) {
      throw new InconsistentCommandException("a pivot that is missing");
    }
    elements.add(Arguments.is(args[2], "BEFORE") ? pivot : pivot + 1, args[4]);
    put(db, args[1], state, ListValue.of(elements));
  }

  static void set(CapturedDatabase db, Bytes[] args) {
    KeyState state = db.existing(args[1], DataType.LIST);
    List<Bytes> elements = ListValue.elements(state.value());
    long index = Arguments.number(args[2]);
    long at = index < 0 ? elements.size() + index : index;
    if (at < 0 || at >= elements.size()) {
      throw new InconsistentCommandException("an index out of range");
    }
    elements.set((int) at, args[3]);
    put(db, args[1], state, ListValue.of(elements));
  }

  /** LREM key count element: from the left, with a negative count from the right, 0 for all. */
  static void remove(CapturedDatabase db, Bytes[] args) {
    KeyState state = db.existing(args[1], DataType.LIST);
    List<Bytes> elements = ListValue.elements(state.value());
    long count = Arguments.number(args[2]);
    if (count < 0) {
      Collections.reverse(elements);
    }
    long left = count == 0 ? Long.MAX_VALUE : Math.abs(count);
    List<Bytes> kept = new ArrayList<>(elements.size());
    for (Bytes element : elements) {
      if (left > 0 && element.equals(args[3])) {
        left--;
      } else {
        kept.add(element);
      }
    }
    if (count < 0) {
      Collections.reverse(kept);
    }
    put(db, args[1], state, ListValue.of(kept));
  }

  static void trim(CapturedDatabase db, Bytes[] args) {
    KeyState state = db.existing(args[1], DataType.LIST);
    List<Bytes> elements = ListValue.elements(state.value());
    int size = elements.size();
    long start = Arguments.number(args[2]);
    long stop = Arguments.number(args[3]);
    long from = Math.max(0, start < 0 ? size + start : start);
    long to = Math.min(size - 1L, stop < 0 ? size + stop : stop);
    Bytes value = state.value();
    put(
        db,
        args[1],
        state,
        from > to || from >= size
            ? Bytes.EMPTY
            : value.slice(bytesOf(elements, (int) from), bytesOf(elements, (int) to + 1)));
  }

  /** RPOPLPUSH, BRPOPLPUSH source target. */
  static void popRightPushLeft(CapturedDatabase db, Bytes[] args) {
    move(db, args[1], args[2], false, true);
  }

  /** LMOVE, BLMOVE source target LEFT|RIGHT LEFT|RIGHT. */
  static void move(CapturedDatabase db, Bytes[] args) {
    move(
        db,
        args[1],
        args[2],
        Arguments.is(args[3], "LEFT"),
        Arguments.is(Arguments.at(args, 4), "LEFT"));
  }

  private static void move(
      CapturedDatabase db, Bytes source, Bytes target, boolean fromLeft, boolean toLeft) {
    KeyState state = db.existing(source, DataType.LIST);
    List<Bytes> elements = ListValue.elements(state.value());
    int last = elements.size() - 1;
    Bytes moved = elements.get(fromLeft ? 0 : last);
    int cut = bytesOf(elements, fromLeft ? 1 : last);
    Bytes value = state.value();
    Bytes rest = fromLeft ? value.slice(cut, value.length()) : value.slice(0, cut);
    if (!source.equals(target)) {
      put(db, source, state, rest);
      push(db, target, db.key(target, DataType.LIST), List.of(moved), toLeft);
    } else {
      var rotated = new KeyState(DataType.LIST, rest, state.expiresAtMs(), 0);
      push(db, target, rotated, List.of(moved), toLeft);
    }
  }

  private static void push(
      CapturedDatabase db, Bytes key, KeyState state, List<Bytes> elements, boolean left) {
    Bytes before = state == null ? Bytes.EMPTY : state.value();
    long size = before.length();
    for (Bytes element : elements) {
      size += ListValue.encodedBytes(element);
    }
    if (size > db.valueBytesMax()) {
      throw new OversizeValueException(key, size);
    }
    int added = (int) size - before.length();
    ListValue list = ListValue.copyOf(left ? Bytes.EMPTY : before, left ? (int) size : added);
    for (Bytes element : elements) {
      list.add(element);
    }
    if (left) {
      list.append(before);
    }
    db.putValue(key, DataType.LIST, list.value(), state == null ? 0 : state.expiresAtMs());
  }

  private static void put(CapturedDatabase db, Bytes key, KeyState state, Bytes value) {
    db.putValue(key, DataType.LIST, value, state.expiresAtMs());
  }

  private static List<Bytes> pushed(Bytes[] args) {
    return Arrays.asList(args).subList(2, args.length);
  }

  private static long popCount(Bytes[] args) {
    return args.length > 2 ? Arguments.number(args[2]) : 1;
  }

  /** Encoded bytes of the first {@code count} elements. */
  private static int bytesOf(List<Bytes> elements, int count) {
    int bytes = 0;
    for (int i = 0; i < count; i++) {
      bytes += ListValue.encodedBytes(elements.get(i));
    }
    return bytes;
  }
}
