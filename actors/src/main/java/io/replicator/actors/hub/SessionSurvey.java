package io.replicator.actors.hub;

import io.replicator.streams.send.SessionStatus;
import java.util.List;

/** Every session at one moment, and all of them added up. Immutable. */
record SessionSurvey(List<SessionStatus> sessions, SessionTotals totals) {
  static final SessionSurvey NONE = new SessionSurvey(List.of(), SessionTotals.NONE);
}
