package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import io.replicator.replication.DataType;
import io.replicator.store.KeyspaceWriter.KeyState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Commands on sorted sets, as a replica executes them. */
final class SortedSetCommands {
  /** By score, then by member: the order of ranks. */
  private static final Comparator<Member> RANK_ORDER =
      (a, b) -> {
        int byScore = Scores.compare(a.score, b.score);
        return byScore != 0 ? byScore : a.member.compareTo(b.member);
      };

  private record Member(Bytes member, double score) {}

  private SortedSetCommands() {}

  /** ZADD key [NX|XX] [GT|LT] [CH] [INCR] score member …. */
  static void add(CapturedDatabase db, Bytes[] args) {
    Bytes key = args[1];
    boolean nx = false;
    boolean xx = false;
    boolean gt = false;
    boolean lt = false;
    boolean increment = false;
    int i = 2;
    for (; i < args.length; i++) {
      if (Arguments.is(args[i], "NX")) {
        nx = true;
      } else if (Arguments.is(args[i], "XX")) {
        xx = true;
      } else if (Arguments.is(args[i], "GT")) {
        gt = true;
      } else if (Arguments.is(args[i], "LT")) {
        lt = true;
      } else if (Arguments.is(args[i], "INCR")) {
        increment = true;
      } else if (!Arguments.is(args[i], "CH")) {
        break;
      }
    }
    boolean plain = !(nx || xx || gt || lt || increment);
    for (; i + 1 < args.length; i += 2) {
      double score = Scores.parse(args[i]);
      Bytes member = args[i + 1];
      if (!plain) {
        Bytes value = db.field(key, member);
        if (value == null ? xx : nx) {
          continue;
        }
        if (value != null) {
          double before = Scores.score(value);
          score = increment ? before + score : score;
          if (score == before || (gt && score < before) || (lt && score > before)) {
            continue;
          }
        }
      }
      put(db, key, member, score);
    }
  }

  static void incrementBy(CapturedDatabase db, Bytes[] args) {
    db.key(args[1], DataType.ZSET);
    Bytes value = db.field(args[1], args[3]);
    double increment = Scores.parse(args[2]);
    double before = value == null ? 0 : Scores.score(value);
    double after = value == null ? increment : before + increment;
    put(db, args[1], args[3], after);
  }

  static void remove(CapturedDatabase db, Bytes[] args) {
    db.existing(args[1], DataType.ZSET);
    db.removeFields(args[1], DataType.ZSET, args, 2);
  }

  static void removeByRank(CapturedDatabase db, Bytes[] args) {
    List<Member> members = ranked(db, args[1]);
    int size = members.size();
    long start = Arguments.number(args[2]);
    long stop = Arguments.number(args[3]);
    int from = (int) Math.max(0, start < 0 ? size + start : start);
    int to = (int) Math.min(size - 1L, stop < 0 ? size + stop : stop);
    if (from <= to) {
      removeAll(db, args[1], members.subList(from, to + 1));
    }
  }

  static void removeByScore(CapturedDatabase db, Bytes[] args) {
    removeMatching(db, args[1], byScore(args[2], args[3]));
  }

  static void removeByLex(CapturedDatabase db, Bytes[] args) {
    removeMatching(db, args[1], byLex(args[2], args[3]));
  }

  /** ZPOPMIN key [count]. */
  static void popMin(CapturedDatabase db, Bytes[] args) {
    pop(db, args, false);
  }

  static void popMax(CapturedDatabase db, Bytes[] args) {
    pop(db, args, true);
  }

  /** ZRANGESTORE target source min max [BYSCORE|BYLEX] [REV] [LIMIT offset count]. */
  static void rangeStore(CapturedDatabase db, Bytes[] args) {
    boolean byScore = false;
    boolean byLex = false;
    boolean reverse = false;
    long offset = 0;
    long count = -1;
    for (int i = 5; i < args.length; i++) {
      if (Arguments.is(args[i], "BYSCORE")) {
        byScore = true;
      } else if (Arguments.is(args[i], "BYLEX")) {
        byLex = true;
      } else if (Arguments.is(args[i], "REV")) {
        reverse = true;
      } else if (Arguments.is(args[i], "LIMIT")) {
        offset = Arguments.number(Arguments.at(args, i + 1));
        count = Arguments.number(Arguments.at(args, i + 2));
        i += 2;
      }
    }
    List<Member> members = ranked(db, args[2]);
    if (reverse) {
      Collections.reverse(members);
    }
    List<Member> result;
    if (byScore || byLex) {
      Bytes min = reverse ? args[4] : args[3];
      Bytes max = reverse ? args[3] : args[4];
      Predicate<Member> inRange = byScore ? byScore(min, max) : byLex(min, max);
      result =
          members.stream()
              .filter(inRange)
              .skip(Math.max(0, offset))
              .limit(offset < 0 ? 0 : count < 0 ? Long.MAX_VALUE : count)
              .toList();
    } else {
      int size = members.size();
      long start = Arguments.number(args[3]);
      long stop = Arguments.number(args[4]);
      int from = (int) Math.min(size, Math.max(0, start < 0 ? size + start : start));
      int to = (int) Math.min(size - 1L, stop < 0 ? size + stop : stop);
      result = from > to ? List.of() : members.subList(from, to + 1);
    }
    Map<Bytes, Bytes> fields = new HashMap<>();
    for (Member member : result) {
      fields.put(member.member, Scores.value(member.score));
    }
    db.replaceCollection(args[1], DataType.ZSET, fields);
  }

  /** ZUNIONSTORE target numkeys key … [WEIGHTS weight …] [AGGREGATE SUM|MIN|MAX]. */
  static void unionStore(CapturedDatabase db, Bytes[] args) {
    Combination combination = new Combination(db, args);
    Map<Bytes, Double> result = new HashMap<>();
    for (int i = 0; i < combination.keyCount; i++) {
      combination.members(i).forEach((member, score) -> result.merge(member, score, combination));
    }
    combination.store(result);
  }

  static void intersectionStore(CapturedDatabase db, Bytes[] args) {
    Combination combination = new Combination(db, args);
    Map<Bytes, Double> result = combination.members(0);
    for (int i = 1; i < combination.keyCount; i++) {
      Map<Bytes, Double> other = combination.members(i);
      result.keySet().retainAll(other.keySet());
      result.replaceAll((member, score) -> combination.apply(score, other.get(member)));
    }
    combination.store(result);
  }

  static void differenceStore(CapturedDatabase db, Bytes[] args) {
    Combination combination = new Combination(db, args);
    Map<Bytes, Double> result = combination.members(0);
    for (int i = 1; i < combination.keyCount; i++) {
      result.keySet().removeAll(combination.members(i).keySet());
    }
    combination.store(result);
  }

  /** The sources and options of ZUNIONSTORE and its kin; itself the way that scores combine. */
  private static final class Combination implements java.util.function.BinaryOperator<Double> {
    private static final double EXACT_MAX = 1L << 52;

    private final CapturedDatabase db;
    private final Bytes[] args;
    private final int keyCount;
    private final double[] weights;
    private char aggregate = 'S';
    private boolean exact = true;

    Combination(CapturedDatabase db, Bytes[] args) {
      this.db = db;
      this.args = args;
      this.keyCount = Arguments.smallNumber(args[2]);
      if (keyCount < 1 || keyCount > args.length - 3) {
        throw new InconsistentCommandException("a number of keys out of range");
      }
      this.weights = new double[keyCount];
      java.util.Arrays.fill(weights, 1);
      for (int i = 3 + keyCount; i < args.length; i++) {
        if (Arguments.is(args[i], "WEIGHTS")) {
          for (int key = 0; key < keyCount; key++) {
            weights[key] = Scores.parse(Arguments.at(args, ++i));
          }
        } else if (Arguments.is(args[i], "AGGREGATE")) {
          Bytes kind = Arguments.at(args, ++i);
          aggregate = Arguments.is(kind, "MIN") ? '<' : Arguments.is(kind, "MAX") ? '>' : 'S';
        }
      }
    }

    /** The weighted members of source {@code i}; those of a plain set count 1. */
    Map<Bytes, Double> members(int i) {
      Bytes key = args[3 + i];
      KeyState state = db.key(key);
      Map<Bytes, Double> members = new HashMap<>();
      if (state == null) {
        return members;
      }
      if (state.type() != DataType.SET && state.type() != DataType.ZSET) {
        throw new InconsistentCommandException("a " + state.type() + " among the sources");
      }
      boolean scored = state.type() == DataType.ZSET;
      db.forEachField(
          key,
          (member, value) -> {
            double score = weights[i] * (scored ? Scores.score(value) : 1);
            exact &= score == Math.rint(score) && Math.abs(score) < EXACT_MAX;
            members.put(member, Double.isNaN(score) ? 0 : score);
          });
      return members;
    }

    @Override
    public Double apply(Double a, Double b) {
      switch (aggregate) {
        case '<':
          return b < a ? b : a;
        case '>':
          return b > a ? b : a;
        default:
          double sum = a + b;
          return Double.isNaN(sum) ? 0 : sum;
      }
    }

    void store(Map<Bytes, Double> result) {
      if (aggregate == 'S' && keyCount > 2 && !exact) {
        // The source adds in an order that depends on its sizes; fractions show it.
        throw new InconsistentCommandException("sums whose rounding depends on their order");
      }
      Map<Bytes, Bytes> fields = new HashMap<>();
      result.forEach((member, score) -> fields.put(member, Scores.value(score)));
      db.replaceCollection(args[1], DataType.ZSET, fields);
    }
  }

  private static void pop(CapturedDatabase db, Bytes[] args, boolean max) {
    List<Member> members = ranked(db, args[1]);
    if (max) {
      Collections.reverse(members);
    }
    long count = args.length > 2 ? Arguments.number(args[2]) : 1;
    removeAll(db, args[1], members.subList(0, (int) Math.min(members.size(), count)));
  }

  private static void removeMatching(CapturedDatabase db, Bytes key, Predicate<Member> predicate) {
    db.existing(key, DataType.ZSET);
    List<Member> matching = new ArrayList<>();
    db.forEachField(
        key,
        (field, value) -> {
          var member = new Member(field, Scores.score(value));
          if (predicate.test(member)) {
            matching.add(member);
          }
        });
    removeAll(db, key, matching);
  }

  private static void removeAll(CapturedDatabase db, Bytes key, List<Member> members) {
    db.removeFields(key, DataType.ZSET, members.stream().map(Member::member).toList());
  }

  private static List<Member> ranked(CapturedDatabase db, Bytes key) {
    List<Member> members = new ArrayList<>();
    if (db.key(key) != null && db.key(key).type() == DataType.SET) {
      throw new InconsistentCommandException("a set where a sorted set was due");
    }
    db.key(key, DataType.ZSET);
    db.forEachField(key, (field, value) -> members.add(new Member(field, Scores.score(value))));
    members.sort(RANK_ORDER);
    return members;
  }

  private static Predicate<Member> byScore(Bytes min, Bytes max) {
    boolean minOpen = !min.isEmpty() && min.at(0) == '(';
    boolean maxOpen = !max.isEmpty() && max.at(0) == '(';
    double low = Scores.parse(minOpen ? min.slice(1, min.length()) : min);
    double high = Scores.parse(maxOpen ? max.slice(1, max.length()) : max);
    return m ->
        (minOpen ? m.score > low : m.score >= low) && (maxOpen ? m.score < high : m.score <= high);
  }

  private static Predicate<Member> byLex(Bytes min, Bytes max) {
    Predicate<Bytes> above = lexBound(min, true);
    Predicate<Bytes> below = lexBound(max, false);
    return m -> above.test(m.member) && below.test(m.member);
  }

  /** {@code -} and {@code +} for the ends, {@code (} and {@code [} for a bound without and with. */
  private static Predicate<Bytes> lexBound(Bytes bound, boolean lower) {
    char kind = bound.isEmpty() ? ' ' : (char) bound.at(0);
    Bytes limit = bound.slice(Math.min(1, bound.length()), bound.length());
    return switch (kind) {
      case '-' -> member -> lower;
      case '+' -> member -> !lower;
      case '(' -> member -> lower ? member.compareTo(limit) > 0 : member.compareTo(limit) < 0;
      case '[' -> member -> lower ? member.compareTo(limit) >= 0 : member.compareTo(limit) <= 0;
      default -> throw new InconsistentCommandException("a lexical bound that is none");
    };
  }

  private static void put(CapturedDatabase db, Bytes key, Bytes member, double score) {
    if (Double.isNaN(score)) {
      throw new InconsistentCommandException("a score that is no number");
    }
    db.putField(key, DataType.ZSET, member, Scores.value(score));
  }
}
