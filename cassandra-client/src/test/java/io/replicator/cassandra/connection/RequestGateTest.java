package io.replicator.cassandra.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.datastax.oss.driver.api.core.cql.AsyncResultSet;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import com.datastax.oss.driver.api.core.cql.Statement;
import com.datastax.oss.driver.api.core.servererrors.InvalidQueryException;
import com.datastax.oss.driver.api.core.servererrors.OverloadedException;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** On virtual time, with a server that takes so many requests a second and refuses the others. */
class RequestGateTest {
  private static final Statement<?> STATEMENT = SimpleStatement.newInstance("SELECT 1");
  private static final long SERVICE_NS = 1_000_000;

  private record Event(long atNs, long number, Runnable work) {}

  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingLong(Event::atNs).thenComparing(Event::number));
  private long nowNs;
  private long eventNumber;
  private int asked;

  private double perSecond;
  private double tokens;
  private long tokensAtNs;

  private final RequestGate gate =
      new RequestGate(
          this::serve,
          (work, pauseMs) -> at(TimeUnit.MILLISECONDS.toNanos(pauseMs), work),
          () -> nowNs);

  private void at(long delayNs, Runnable work) {
    events.add(new Event(nowNs + delayNs, eventNumber++, work));
  }

  private CompletionStage<AsyncResultSet> serve(Statement<?> statement) {
    asked++;
    tokens = Math.min(perSecond / 10, tokens + (nowNs - tokensAtNs) / 1e9 * perSecond);
    tokensAtNs = nowNs;
    var answer = new CompletableFuture<AsyncResultSet>();
    if (tokens >= 1) {
      tokens--;
      at(SERVICE_NS, () -> answer.complete(null));
    } else {
      at(SERVICE_NS / 4, () -> answer.completeExceptionally(new OverloadedException(null)));
    }
    return answer;
  }

  private RequestGroup submit(int requests) {
    var group = new RequestGroup(gate);
    for (int i = 0; i < requests; i++) {
      group.send(STATEMENT);
    }
    return group;
  }

  /** Until nothing happens any more; returns the seconds that it took. */
  private double run() {
    long fromNs = nowNs;
    for (Event next = events.poll(); next != null; next = events.poll()) {
      nowNs = next.atNs();
      next.work().run();
    }
    return (nowNs - fromNs) / 1e9;
  }

  @Test
  void shouldBringEverythingThroughAServerThatRefusesMostOfIt() {
    perSecond = 1_000;
    CompletableFuture<Void> done = submit(30_000).done().toCompletableFuture();
    double seconds = run();
    assertThat(done).isCompleted();
    LinkTally tally = gate.tally();
    assertThat(tally.answered()).isEqualTo(30_000);
    assertThat(tally.sentAgain()).isPositive();
    assertThat(tally.failed()).isZero();
    assertThat(tally.inFlight()).isZero();
    assertThat(seconds).as("30 s at best").isBetween(29.0, 60.0);
    assertThat(asked).as("not many in vain").isLessThan(60_000);
  }

  @Test
  void shouldAskForLessWhileRefusedAndForMoreAgainAfterwards() {
    perSecond = 500;
    submit(3_000).done();
    run();
    int refused = gate.tally().limit();
    assertThat(refused).isLessThan(32);
    perSecond = 1e9;
    submit(20_000).done();
    run();
    assertThat(gate.tally().limit()).isGreaterThan(2 * refused).isGreaterThan(64);
  }

  @Test
  void shouldFailWhereEvenTheLeastIsRefused() {
    perSecond = 0;
    CompletableFuture<Void> done = submit(1_000).done().toCompletableFuture();
    double seconds = run();
    assertThat(done).isCompletedExceptionally();
    assertThatThrownBy(done::join)
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(OverloadedException.class);
    assertThat(seconds).isBetween(10.0, 30.0);
    assertThat(gate.tally().inFlight()).isZero();
    assertThat(gate.tally().queued()).isZero();
    perSecond = 1e9;
    CompletableFuture<Void> next = submit(1_000).done().toCompletableFuture();
    run();
    assertThat(next).isCompleted();
  }

  @Test
  void shouldSendNothingMoreOfAGroupThatHasFailed() {
    perSecond = 1e9;
    var failing =
        new RequestGate(
            statement -> {
              asked++;
              return CompletableFuture.failedFuture(new InvalidQueryException(null, "no table"));
            },
            (work, pauseMs) -> at(pauseMs, work),
            () -> nowNs);
    var group = new RequestGroup(failing);
    for (int i = 0; i < 100; i++) {
      group.send(STATEMENT);
    }
    assertThat(group.done().toCompletableFuture()).isCompletedExceptionally();
    assertThat(asked).isOne();
  }

  @Test
  void shouldSendNothingMoreOnceClosed() {
    perSecond = 0;
    CompletableFuture<Void> waiting = submit(1_000).done().toCompletableFuture();
    int before = asked;
    gate.close();
    CompletableFuture<Void> late = submit(1).done().toCompletableFuture();
    run();
    assertThat(waiting).isCompletedExceptionally();
    assertThat(late).isCompletedExceptionally();
    assertThat(asked).isEqualTo(before);
  }
}
