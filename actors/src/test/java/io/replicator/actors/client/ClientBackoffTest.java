package io.replicator.actors.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.replicator.testkit.InMemorySink;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.stream.javadsl.Flow;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Pauses on virtual time: the sink is what fails, so no socket is needed. */
class ClientBackoffTest {
  private static final ActorTestKit TESTKIT = ActorTestKit.create(ManualTime.config());
  private static final ManualTime TIME = ManualTime.get(TESTKIT.system());

  /** How far virtual time goes at once; a pause may begin anywhere within one. */
  private static final Duration STEP = Duration.ofMillis(500);

  /** Of real time, for the actor to have done what virtual time made due. */
  private static final long REACTION_MS = 20;

  private final BlockingQueue<ClientStatus> statuses = new LinkedBlockingQueue<>();

  @AfterAll
  static void shutDown() {
    TESTKIT.shutdownTestKit();
  }

  @Test
  void shouldPauseLongerAfterEachFailureWithinTheBounds() throws InterruptedException {
    var sink = new InMemorySink();
    for (int i = 0; i < 10; i++) {
      sink.failNextConnect(new IllegalStateException("down"));
    }
    TESTKIT.spawn(
        ClientActor.create(
            new ClientSettings(
                List.of(InetSocketAddress.createUnresolved("hub", 1)),
                List.of(),
                "test",
                0,
                Duration.ofSeconds(1),
                Duration.ofSeconds(8),
                Duration.ofSeconds(5),
                false),
            sink,
            new SimpleMeterRegistry(),
            hub -> Flow.create(),
            statuses::add,
            new CompletableFuture<>()));

    assertThat(nextState()).isEqualTo("connecting");
    for (long ceilingMs : new long[] {1_000, 2_000, 4_000, 8_000, 8_000, 8_000}) {
      assertThat(nextState()).isEqualTo("waiting");
      Duration pause = pauseUntilTheNextAttempt();
      assertThat(pause)
          .isBetween(
              Duration.ofMillis(Math.max(1_000, ceilingMs / 2)).minus(STEP),
              Duration.ofMillis(ceilingMs).plus(STEP));
    }
  }

  private Duration pauseUntilTheNextAttempt() throws InterruptedException {
    Duration passed = Duration.ZERO;
    while (passed.compareTo(Duration.ofMinutes(1)) < 0) {
      TIME.timePasses(STEP);
      passed = passed.plus(STEP);
      ClientStatus arrived = statuses.poll(REACTION_MS, TimeUnit.MILLISECONDS);
      if (arrived != null) {
        assertThat(arrived.state()).isEqualTo("connecting");
        return passed;
      }
    }
    throw new AssertionError("no attempt within " + passed);
  }

  private String nextState() throws InterruptedException {
    ClientStatus status = statuses.poll(5, TimeUnit.SECONDS);
    assertThat(status).as("a status within 5 s").isNotNull();
    return status.state();
  }
}
