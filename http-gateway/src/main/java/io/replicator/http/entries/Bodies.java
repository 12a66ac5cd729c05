package io.replicator.http.entries;

import io.replicator.http.exchange.Headers;
import io.replicator.http.exchange.Problem;
import io.replicator.http.exchange.ProblemException;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.RequestEntity;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.stream.SystemMaterializer;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.util.ByteString;

/**
 * Reads bodies of requests: each so long at most, all of those under way together so long, and none
 * for ever. Any thread.
 */
final class Bodies {
  /** Of all bodies under way. */
  private static final long TOTAL_BYTES_MAX = 256L << 20;

  private static final Duration TIME_MAX = Duration.ofSeconds(60);

  private final ActorSystem<?> system;
  private final int bytesMax;
  private final Duration idleMax;
  private final AtomicLong held = new AtomicLong();

  /**
   * @param bytesMax of one
   * @param idleMax how long one may be without progress
   */
  Bodies(ActorSystem<?> system, int bytesMax, Duration idleMax) {
    this.system = system;
    this.bytesMax = bytesMax;
    this.idleMax = idleMax;
  }

  /**
   * @return fails with a {@link ProblemException}: 413 for one that is too long, 408 for one that
   *     is too slow, 503 where too much is under way
   */
  CompletionStage<byte[]> read(HttpRequest request) {
    RequestEntity entity = request.entity();
    OptionalLong declared = entity.getContentLengthOption();
    if (declared.isPresent() && declared.getAsLong() > bytesMax) {
      entity.discardBytes(SystemMaterializer.get(system).materializer());
      throw tooLong(declared.getAsLong() + " bytes").exception();
    }
    var body = new Body();
    // Read to its end whatever it is: a body that is cut off would take the answer with it. When
    // that has been sent, the connection's guard bounds what still comes.
    entity
        .withoutSizeLimit()
        .getDataBytes()
        .runWith(Sink.foreach(body::add), system)
        .whenComplete((done, failure) -> body.end(failure));
    body.watch();
    return body.whole;
  }

  private Problem tooLong(String found) {
    return Problem.of(
        StatusCodes.CONTENT_TOO_LARGE, "a body of " + found + "; allowed are " + bytesMax);
  }

  /** One on its way: filled by a stream, watched by a timer. */
  private final class Body {
    private final CompletableFuture<byte[]> whole = new CompletableFuture<>();
    private final long beganNs = System.nanoTime();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    private long seenBytes;

    synchronized void add(ByteString part) {
      if (whole.isDone()) {
        return;
      }
      if (bytes.size() + (long) part.size() > bytesMax) {
        fail(tooLong("more than " + bytesMax + " bytes"));
      } else if (held.addAndGet(part.size()) > TOTAL_BYTES_MAX) {
        held.addAndGet(-part.size());
        fail(
            Problem.of(
                    StatusCodes.SERVICE_UNAVAILABLE,
                    TOTAL_BYTES_MAX + " bytes of requests are under way, and no more are allowed")
                .with(Headers.of("Retry-After", "1")));
      } else {
        bytes.writeBytes(part.toArrayUnsafe());
      }
    }

    synchronized void end(Throwable failure) {
      if (whole.isDone()) {
        return;
      }
      if (failure != null) {
        fail(Problem.of(StatusCodes.BAD_REQUEST, "the body broke off"));
        return;
      }
      byte[] all = bytes.toByteArray();
      free();
      whole.complete(all);
    }

    synchronized void watch() {
      if (!whole.isDone()) {
        seenBytes = bytes.size();
        system.scheduler().scheduleOnce(idleMax, this::look, system.executionContext());
      }
    }

    private synchronized void look() {
      boolean still = bytes.size() == seenBytes;
      if (!whole.isDone() && (still || System.nanoTime() - beganNs > TIME_MAX.toNanos())) {
        fail(Problem.of(StatusCodes.REQUEST_TIMEOUT, "the body did not arrive in time"));
      }
      watch();
    }

    private void fail(Problem problem) {
      free();
      whole.completeExceptionally(problem.with(Headers.of("Connection", "close")).exception());
    }

    private void free() {
      held.addAndGet(-bytes.size());
      bytes.reset();
    }
  }
}
