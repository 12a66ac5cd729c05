package io.replicator.actors.hub;

import io.replicator.streams.send.SessionControl;
import io.replicator.streams.send.SessionStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * The sessions that there are, and how each of them was when it was last asked.
 *
 * <p>A session is a stage of its own, and asking one costs it a few microseconds. So that it does
 * not matter how many look at a hub of 10,000 sessions, or how often, a survey is used again as
 * long as it is fresh: for 100 µs a session, which is 1 s for 10,000 and nothing that anybody
 * notices for ten. At most 10,000 sessions a second are asked.
 *
 * <p>Confined to one actor.
 */
final class SessionRoster {
  private static final long FRESH_NS_PER_SESSION = 100_000;

  /** A session that has not answered by then counts as it was before. */
  private static final long ANSWER_TIMEOUT_MS = 1_000;

  /** The shortest time over which a rate means something. */
  private static final long RATE_INTERVAL_NS = 1_000_000_000;

  private final Map<Long, SessionControl> controls = new HashMap<>();
  private final Map<Long, SessionStatus> latest = new HashMap<>();
  private final SessionSums sums = new SessionSums();
  private SessionSurvey survey;
  private long surveyedNs;
  private long begun;

  private SessionTotals rated;
  private long ratedNs;

  /** What sessions answered, by their numbers. */
  record Answers(Map<Long, SessionStatus> statuses) {}

  void began(long sessionId, SessionControl control) {
    controls.put(sessionId, control);
    begun++;
  }

  /**
   * @param last how it was at its end
   */
  void ended(long sessionId, SessionStatus last) {
    latest.remove(sessionId);
    controls.remove(sessionId);
    sums.ended(last);
  }

  /** The last survey while it is fresh, otherwise null: then {@link #ask}. */
  SessionSurvey fresh(long nowNs) {
    return survey != null && nowNs - surveyedNs < FRESH_NS_PER_SESSION * controls.size()
        ? survey
        : null;
  }

  /** Asks every session; completes with those that answered in time, never fails. */
  CompletionStage<Answers> ask() {
    Map<Long, CompletableFuture<SessionStatus>> asked = new HashMap<>();
    controls.forEach((id, control) -> asked.put(id, control.status().toCompletableFuture()));
    return CompletableFuture.allOf(asked.values().toArray(CompletableFuture[]::new))
        .completeOnTimeout(null, ANSWER_TIMEOUT_MS, TimeUnit.MILLISECONDS)
        .handle((done, error) -> answered(asked));
  }

  private static Answers answered(Map<Long, CompletableFuture<SessionStatus>> asked) {
    Map<Long, SessionStatus> statuses = new HashMap<>();
    asked.forEach(
        (id, answer) -> {
          if (answer.isDone() && !answer.isCompletedExceptionally()) {
            statuses.put(id, answer.join());
          }
        });
    return new Answers(statuses);
  }

  /** Takes what {@link #ask} brought. */
  SessionSurvey surveyed(Answers answers, long nowNs) {
    answers
        .statuses()
        .forEach(
            (id, status) -> {
              if (controls.containsKey(id)) {
                latest.put(id, status);
              }
            });
    List<SessionStatus> sessions = new ArrayList<>(latest.values());
    survey =
        new SessionSurvey(List.copyOf(sessions), withRates(sums.totals(sessions, begun), nowNs));
    surveyedNs = nowNs;
    return survey;
  }

  private SessionTotals withRates(SessionTotals totals, long nowNs) {
    if (rated == null) {
      rated = totals;
      ratedNs = nowNs;
    } else if (nowNs - ratedNs >= RATE_INTERVAL_NS) {
      double seconds = (nowNs - ratedNs) / 1e9;
      rated =
          totals.withRates(
              perSecond(rated.records(), totals.records(), seconds),
              perSecond(rated.wireBytes(), totals.wireBytes(), seconds));
      ratedNs = nowNs;
    }
    return totals.withRates(rated.recordsPerSecond(), rated.wireBytesPerSecond());
  }

  private static long perSecond(long before, long now, double seconds) {
    return Math.max(0, Math.round((now - before) / seconds));
  }
}
