package io.replicator.actors.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.LoggingTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Pauses pass on a clock that the test moves. */
class CaptureActorTest {
  private static final ActorTestKit KIT = ActorTestKit.create(ManualTime.config());
  private static final ManualTime TIME = ManualTime.get(KIT.system());
  private static final Duration BACKOFF_MIN = Duration.ofSeconds(1);
  private static final Duration BACKOFF_MAX = Duration.ofSeconds(60);

  private final List<ScriptedCapture> attempts = new CopyOnWriteArrayList<>();
  private final AtomicReference<CaptureActor.Attempt> latest = new AtomicReference<>();
  private ActorRef<CaptureActor.Command> actor;

  @AfterEach
  void stopActor() {
    attempts.forEach(ScriptedCapture::end);
    KIT.stop(actor);
  }

  @AfterAll
  static void shutDown() {
    KIT.shutdownTestKit();
  }

  @Test
  void shouldTryAgainWithPausesThatGrow() {
    start(() -> ScriptedCapture.failing("refused"));

    assertThat(secondsUntilAttempt(2)).isGreaterThanOrEqualTo(1);
    assertThat(secondsUntilAttempt(3)).isGreaterThanOrEqualTo(2);
    assertThat(secondsUntilAttempt(4)).isGreaterThanOrEqualTo(4);
  }

  @Test
  void shouldLogAFailureThatRepeatsItselfOnce() {
    LoggingTestKit.warn("capture failed, trying again: source 127.0.0.1:1 refuses")
        .withOccurrences(1)
        .expect(
            KIT.system(),
            () -> {
              start(() -> ScriptedCapture.failing("source 127.0.0.1:1 refuses"));
              return secondsUntilAttempt(2) + secondsUntilAttempt(3);
            });
  }

  @Test
  void shouldStopTheCaptureAndTellWhenItHasEnded() {
    start(ScriptedCapture::new);
    awaitAttempts(1);
    await().until(attempts.get(0)::hasBegun);

    KIT.stop(actor);

    assertThat(attempts.get(0).isToldToStop()).isTrue();
    assertThat(latest.get().ended().toCompletableFuture()).isNotDone();
    attempts.get(0).end();
    await().until(latest.get().ended().toCompletableFuture()::isDone);
  }

  @Test
  void shouldStopWithoutAnotherAttemptWhileItWaitsForOne() {
    start(() -> ScriptedCapture.failing("refused"));
    awaitAttempts(1);
    await().until(latest.get().ended().toCompletableFuture()::isDone);

    KIT.stop(actor);

    TIME.timePasses(BACKOFF_MAX.multipliedBy(2));
    assertThat(attempts).hasSize(1);
  }

  private void start(Supplier<ScriptedCapture> captures) {
    actor =
        KIT.spawn(
            CaptureActor.create(
                () -> {
                  ScriptedCapture capture = captures.get();
                  attempts.add(capture);
                  return capture;
                },
                latest,
                BACKOFF_MIN,
                BACKOFF_MAX));
  }

  private void awaitAttempts(int count) {
    await().until(() -> attempts.size() == count && latest.get() != null);
  }

  /** Seconds of the manual clock, at least, until the next attempt. */
  private long secondsUntilAttempt(int number) {
    awaitAttempts(number - 1);
    long[] quarters = {0};
    await()
        .pollInterval(Duration.ofMillis(5))
        .until(
            () -> {
              if (attempts.size() >= number) {
                return true;
              }
              TIME.timePasses(Duration.ofMillis(250));
              quarters[0]++;
              return false;
            });
    return quarters[0] / 4;
  }
}
