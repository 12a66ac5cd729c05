package io.replicator.protocol;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Contexts of zstd that are costly to make (a megabyte outside the heap) and used by one thread at
 * a time. Thread-safe, never blocks: a thread that finds none makes one, and one more than the pool
 * keeps is closed after use. So what stays allocated is bounded whatever threads come and go, which
 * thread-locals would not give.
 */
final class ContextPool<C extends Closeable> {
  private final ArrayBlockingQueue<C> idle =
      new ArrayBlockingQueue<>(Math.max(2, Runtime.getRuntime().availableProcessors()));
  private final Supplier<C> make;
  private final Consumer<C> reset;

  /**
   * @param reset makes a used context as good as a new one, which lets go of its dictionary
   */
  ContextPool(Supplier<C> make, Consumer<C> reset) {
    this.make = make;
    this.reset = reset;
  }

  /** A context as good as new, until the lease is closed. */
  Lease<C> lease() {
    C context = idle.poll();
    return new Lease<>(this, context != null ? context : make.get());
  }

  private void giveBack(C context) {
    reset.accept(context);
    if (!idle.offer(context)) {
      try {
        context.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  record Lease<C extends Closeable>(ContextPool<C> pool, C context) implements AutoCloseable {
    @Override
    public void close() {
      pool.giveBack(context);
    }
  }
}
