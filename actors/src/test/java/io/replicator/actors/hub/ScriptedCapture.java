package io.replicator.actors.hub;

import io.replicator.streams.Capture;
import io.replicator.streams.SourceStatus;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** A capture that does nothing until the test ends it. */
final class ScriptedCapture implements Capture {
  private final CompletableFuture<Void> begun = new CompletableFuture<>();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private final CompletableFuture<Void> end = new CompletableFuture<>();

  /** As a source that refuses. */
  static ScriptedCapture failing(String reason) {
    var capture = new ScriptedCapture();
    capture.end.completeExceptionally(new IOException(reason));
    return capture;
  }

  @Override
  public void run() throws IOException {
    begun.complete(null);
    try {
      end.get();
    } catch (ExecutionException e) {
      throw new IOException(e.getCause().getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void stop() {
    stopped.complete(null);
  }

  @Override
  public SourceStatus status() {
    return new SourceStatus(
        "", "test:6379", SourceStatus.State.CONNECTING, 0, 0, 0, 0, Map.of(), "");
  }

  boolean hasBegun() {
    return begun.isDone();
  }

  boolean isToldToStop() {
    return stopped.isDone();
  }

  /** Lets {@link #run} return. */
  void end() {
    end.complete(null);
  }

  void fail(String reason) {
    end.completeExceptionally(new IOException(reason));
  }
}
