package io.replicator.actors.hub;

import io.replicator.streams.send.LaneStatus;
import io.replicator.streams.send.SessionStatus;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Which sessions a status tells of one by one. However many a hub has, an answer is bounded.
 *
 * @param sessions at most so many, up to {@link #SESSIONS_MAX}
 * @param search only those with this in their client's name, address, transport, state, number,
 *     databases or patterns; empty for all
 */
public record StatusQuery(int sessions, Sort sort, String search) {
  public static final int SESSIONS_MAX = 1_000;
  public static final int SEARCH_CHARS_MAX = 200;

  /** Lanes of one session that an answer holds. */
  static final int LANES_SHOWN = 20;

  public static final StatusQuery DEFAULT = new StatusQuery(100, Sort.LAG, "");

  /** Which sessions come first, and stay when there are more than asked for. */
  public enum Sort {
    /** Those that fall behind, then by lag in time, then in versions. */
    LAG(
        Comparator.comparingInt(Ranked::urgency)
            .thenComparing(Comparator.comparingLong(Ranked::lagMs).reversed())
            .thenComparing(Comparator.comparingLong(Ranked::lagVersions).reversed())),
    /** The oldest first. */
    ID(Comparator.comparingLong(ranked -> ranked.session().id())),
    /** By name. */
    CLIENT(Comparator.comparing(ranked -> ranked.session().clientName()));

    // Comparators of this kind have no state; their type cannot say so.
    @SuppressWarnings("ImmutableEnumChecker")
    private final Comparator<Ranked> order;

    Sort(Comparator<Ranked> order) {
      this.order = order.thenComparingLong(ranked -> ranked.session().id());
    }
  }

  /** A session with what it is sorted by, found out once and not at each comparison. */
  private record Ranked(SessionStatus session, int urgency, long lagMs, long lagVersions) {
    static Ranked of(SessionStatus session) {
      int urgency =
          session.fallsBehind()
              ? SessionStatus.STATES.indexOf(session.state())
              : SessionStatus.STATES.size();
      return new Ranked(session, urgency, session.lagMs(), session.lagVersions());
    }
  }

  public StatusQuery {
    if (sessions < 0 || sessions > SESSIONS_MAX) {
      throw new IllegalArgumentException(sessions + " sessions; allowed are 0 to " + SESSIONS_MAX);
    }
    if (search.length() > SEARCH_CHARS_MAX) {
      throw new IllegalArgumentException(
          "search of " + search.length() + " characters; allowed are " + SEARCH_CHARS_MAX);
    }
    search = search.strip().toLowerCase(Locale.ROOT);
  }

  /** Those that the search finds, in order, all of them. */
  List<SessionStatus> found(List<SessionStatus> sessions) {
    return sessions.stream()
        .filter(this::matches)
        .map(Ranked::of)
        .sorted(sort.order)
        .map(Ranked::session)
        .toList();
  }

  /** As many of {@code found} as were asked for, and of each its lanes that lag most. */
  List<SessionStatus> shown(List<SessionStatus> found) {
    return found.stream().limit(sessions).map(StatusQuery::bounded).toList();
  }

  private static SessionStatus bounded(SessionStatus session) {
    if (session.lanes().size() <= LANES_SHOWN) {
      return session;
    }
    return session.withLanes(
        session.lanes().stream()
            .sorted(
                Comparator.comparingLong(LaneStatus::lagMs)
                    .thenComparingLong(LaneStatus::lagVersions)
                    .reversed())
            .limit(LANES_SHOWN)
            .toList());
  }

  private boolean matches(SessionStatus session) {
    return search.isEmpty()
        || has(session.clientName())
        || has(session.address())
        || has(session.transport())
        || has(session.state())
        || Long.toString(session.id()).equals(search)
        || session.lanes().stream()
            .anyMatch(
                lane ->
                    lane.database().equalsIgnoreCase(search)
                        || lane.patterns().stream().anyMatch(this::has));
  }

  private boolean has(String text) {
    return text.toLowerCase(Locale.ROOT).contains(search);
  }
}
