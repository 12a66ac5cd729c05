package io.replicator.redis.connection;

import io.lettuce.core.protocol.Command;
import io.replicator.replication.Bytes;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;

/**
 * One command and, once its pipeline has completed, its reply. Arguments may be added until it is
 * sent. Not thread-safe; the completion of the pipeline hands it over.
 */
public final class Request extends Command<Bytes, Bytes, Object> {
  private final Arguments arguments;
  private CompletableFuture<Void> completion;

  private Request(Verb verb, Arguments arguments) {
    super(verb, new ReplyOutput(), arguments);
    this.arguments = arguments;
  }

  public static Request of(Verb verb) {
    return new Request(verb, new Arguments());
  }

  public static Request of(Verb verb, Bytes key) {
    return of(verb).add(key);
  }

  public Request add(Bytes argument) {
    arguments.append(argument);
    return this;
  }

  public Request add(String argument) {
    return add(Bytes.utf8(argument));
  }

  public Request add(long argument) {
    return add(Bytes.utf8(Long.toString(argument)));
  }

  public Verb verb() {
    return (Verb) getType();
  }

  /** How many arguments there are so far. */
  public int count() {
    return arguments.count();
  }

  public Bytes argument(int index) {
    return arguments.part(index);
  }

  /** About what it takes on the wire. */
  public int sizeBytes() {
    return arguments.sizeBytes();
  }

  /** {@link Bytes}, {@link Long}, {@link ErrorReply}, a list of these, or null. */
  public Object reply() {
    return getOutput().get();
  }

  /** The reply where it is an error, else null. */
  public ErrorReply error() {
    return reply() instanceof ErrorReply error ? error : null;
  }

  /**
   * @throws RedisFailedException if the reply is an error
   */
  public long integer() {
    return (Long) good();
  }

  /**
   * @throws RedisFailedException if the reply is an error
   */
  public Bytes bytes() {
    return (Bytes) good();
  }

  /**
   * @throws RedisFailedException if the reply is an error
   */
  @SuppressWarnings("unchecked")
  public List<Object> list() {
    return (List<Object>) good();
  }

  private Object good() {
    if (reply() instanceof ErrorReply error) {
      throw new RedisFailedException(describe() + " failed: " + error.text());
    }
    return reply();
  }

  /** The command and its key, for messages: never values, which may be secret or huge. */
  public String describe() {
    return count() == 0 ? verb().name() : verb().name() + " " + argument(0);
  }

  void completeInto(CompletableFuture<Void> future) {
    completion = future;
  }

  @Override
  public void complete() {
    super.complete();
    if (completion != null) {
      completion.complete(null);
    }
  }

  @Override
  public boolean completeExceptionally(Throwable failure) {
    boolean changed = super.completeExceptionally(failure);
    if (completion != null) {
      completion.completeExceptionally(failure);
    }
    return changed;
  }

  @Override
  public void cancel() {
    super.cancel();
    if (completion != null) {
      completion.completeExceptionally(new CancellationException("the connection was closed"));
    }
  }
}
