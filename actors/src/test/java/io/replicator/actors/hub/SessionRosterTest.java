package io.replicator.actors.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.replicator.protocol.v1.Refusal;
import io.replicator.streams.send.SessionControl;
import io.replicator.streams.send.SessionStatus;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;

class SessionRosterTest {
  private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);

  private final SessionRoster roster = new SessionRoster();
  private final AtomicInteger asked = new AtomicInteger();

  @Test
  void shouldAskThousandsOfSessionsOnceASecondHoweverManyLook() {
    begin(1, 10_000, id -> SessionStatuses.live(id, 5));

    SessionSurvey first = survey(0);
    assertThat(first.totals().sessions()).isEqualTo(10_000);
    assertThat(roster.fresh(SECOND_NS - 1)).isSameAs(first);
    assertThat(roster.fresh(SECOND_NS)).isNull();
    assertThat(asked).hasValue(10_000);
  }

  @Test
  void shouldTellOfFewSessionsAsTheyAreNow() {
    begin(1, 10, id -> SessionStatuses.live(id, 5));
    survey(0);

    assertThat(roster.fresh(TimeUnit.MILLISECONDS.toNanos(1))).isNull();
  }

  @Test
  void shouldCountWhatEndedSessionsHaveSent() {
    begin(1, 2, id -> SessionStatuses.live(id, 5));
    survey(0);
    roster.ended(1, SessionStatuses.live(1, 0));

    SessionTotals totals = survey(1).totals();

    assertThat(totals.sessions()).isEqualTo(1);
    assertThat(totals.begun()).isEqualTo(2);
    assertThat(totals.wireBytes()).isEqualTo(2 * SessionStatuses.WIRE_BYTES);
    assertThat(totals.lanes())
        .singleElement()
        .satisfies(lane -> assertThat(lane.lanes()).isEqualTo(1));
  }

  @Test
  void shouldTellRatesOverAtLeastASecond() {
    begin(1, 1, id -> SessionStatuses.live(id, 5));
    survey(0);
    begin(2, 10, id -> SessionStatuses.live(id, 5));

    assertThat(survey(SECOND_NS / 2).totals().wireBytesPerSecond()).isZero();
    assertThat(survey(2 * SECOND_NS).totals().wireBytesPerSecond())
        .isEqualTo(9 * SessionStatuses.WIRE_BYTES / 2);
  }

  @Test
  void shouldKeepWhatItKnewOfASessionThatDoesNotAnswer() {
    var silent = new AtomicInteger();
    roster.began(
        1,
        control(
            () ->
                silent.getAndIncrement() == 0
                    ? CompletableFuture.completedFuture(SessionStatuses.stalled(1))
                    : new CompletableFuture<>()));
    survey(0);

    assertThat(survey(1).sessions()).extracting(SessionStatus::id).containsExactly(1L);
  }

  private SessionSurvey survey(long nowNs) {
    return roster.surveyed(roster.ask().toCompletableFuture().join(), nowNs);
  }

  private void begin(long first, long last, LongFunction<SessionStatus> statuses) {
    for (long id = first; id <= last; id++) {
      SessionStatus status = statuses.apply(id);
      roster.began(id, control(() -> CompletableFuture.completedFuture(status)));
    }
  }

  private SessionControl control(
      java.util.function.Supplier<CompletionStage<SessionStatus>> status) {
    return new SessionControl() {
      @Override
      public String address() {
        return "10.0.0.1:1";
      }

      @Override
      public void admit(long sessionId) {}

      @Override
      public void refuse(Refusal.Reason reason, String detail) {}

      @Override
      public CompletionStage<SessionStatus> status() {
        asked.incrementAndGet();
        return status.get();
      }

      @Override
      public void drain(String reason) {}

      @Override
      public void close(String reason) {}

      @Override
      public void abort(String reason) {}
    };
  }
}
