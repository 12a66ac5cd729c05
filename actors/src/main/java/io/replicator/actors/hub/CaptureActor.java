package io.replicator.actors.hub;

import io.replicator.streams.Capture;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/**
 * Owns one attempt to capture: runs it on the blocking dispatcher, crashes with it, and is
 * restarted with backoff for the next one. Stopped by its parent, at any time; what is under way
 * then ends a little later, which {@link Attempt#ended} tells.
 */
final class CaptureActor extends AbstractBehavior<CaptureActor.Command> {
  static final String BLOCKING_DISPATCHER = "pekko.actor.default-blocking-io-dispatcher";

  /** What a capture's owner is told. */
  public sealed interface Command {}

  /** Ends the capture once it has what the source holds now; the actor stops then. */
  record Finish() implements Command {}

  private record Ended(Throwable error) implements Command {}

  /**
   * @param ended completes when the capture has let go of the store, well or not
   */
  record Attempt(Capture capture, CompletionStage<Done> ended) {}

  /** A capture ended without having been told to. */
  static final class CaptureEndedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CaptureEndedException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private final Capture capture;
  private final AtomicReference<String> lastFailure;
  private final Executor blocking;
  private boolean finishing;

  /**
   * @param latest holds the latest attempt, for whoever wants its status or awaits its end
   */
  public static Behavior<Command> create(
      Supplier<Capture> captures,
      AtomicReference<Attempt> latest,
      Duration backoffMin,
      Duration backoffMax) {
    // Outlives restarts, so that a source that stays away is logged once and not once per attempt.
    var lastFailure = new AtomicReference<>("");
    Behavior<Command> attempt =
        Behaviors.setup(context -> new CaptureActor(context, captures.get(), latest, lastFailure));
    return Behaviors.supervise(attempt)
        .onFailure(
            CaptureEndedException.class,
            SupervisorStrategy.restartWithBackoff(backoffMin, backoffMax, 0.2)
                // One that fails late, in its snapshot, does not ask for the next one at once.
                .withResetBackoffAfter(backoffMax)
                .withLoggingEnabled(false));
  }

  private CaptureActor(
      ActorContext<Command> context,
      Capture capture,
      AtomicReference<Attempt> latest,
      AtomicReference<String> lastFailure) {
    super(context);
    this.capture = capture;
    this.lastFailure = lastFailure;
    this.blocking =
        context
            .getSystem()
            .dispatchers()
            .lookup(DispatcherSelector.fromConfig(BLOCKING_DISPATCHER));
    CompletableFuture<Done> run =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                capture.run();
                return Done.getInstance();
              } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            },
            blocking);
    latest.set(new Attempt(capture, run));
    context.pipeToSelf(run, (done, error) -> new Ended(error));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Finish.class, this::onFinish)
        .onMessage(Ended.class, this::onEnded)
        .onSignal(PreRestart.class, signal -> onGone())
        .onSignal(PostStop.class, signal -> onGone())
        .build();
  }

  private Behavior<Command> onFinish(Finish finish) {
    finishing = true;
    blocking.execute(capture::finish);
    return this;
  }

  private Behavior<Command> onEnded(Ended ended) {
    if (finishing) {
      return Behaviors.stopped();
    }
    String reason = reason(ended.error());
    if (reason.equals(lastFailure.getAndSet(reason))) {
      getContext().getLog().debug("capture failed again: {}", reason);
    } else {
      getContext().getLog().warn("capture failed, trying again: {}", reason);
    }
    throw new CaptureEndedException(reason, ended.error());
  }

  private Behavior<Command> onGone() {
    capture.stop();
    return this;
  }

  private static String reason(Throwable error) {
    Throwable cause = error;
    while (cause != null
        && cause.getCause() != null
        && (cause instanceof java.util.concurrent.CompletionException
            || cause instanceof java.io.UncheckedIOException)) {
      cause = cause.getCause();
    }
    if (cause == null) {
      return "the capture ended";
    }
    return cause.getMessage() == null ? cause.toString() : cause.getMessage();
  }
}
