package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import io.replicator.store.CommitWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Turns commands into commits and flushes them in groups: whatever has arrived is one group, up to
 * a bound, so that a busy source costs few writes and a quiet one no delay.
 *
 * <pre>
 *           command: execute, end the commit
 *            ┌──┐
 *            │  ▼    MULTI                     EXEC: execute all, end the commit
 *          single ──────────▶ transaction ──────────────────────────────────────▶ single
 *                             (commands wait, so that a broken link leaves no half of them)
 * </pre>
 *
 * <p>Confined to the capturing thread, but for the counters.
 */
final class CommandStream {
  private static final int GROUP_COMMITS_MAX = 1_000;
  private static final long GROUP_BYTES_MAX = 1 << 20;
  private static final long TRANSACTION_BYTES_MAX = 256L << 20;
  // How much of the stream may pass without a commit until the checkpoint follows it.
  private static final long QUIET_BYTES_MAX = 1 << 20;

  private final CommandTable table;
  private final CommandInterpreter interpreter;
  private final DivergentKeys divergent;
  private final KeyRereader rereader;
  private final Map<Integer, CapturedDatabase> databases;
  private final CommitWriter writer;
  private final Unsupported unsupported;
  private final Acknowledgement acknowledgement;
  private final String replicationId;

  // The commands of a transaction, and the keys of those that only the source knows.
  private final List<Step> transaction = new ArrayList<>();
  private long transactionBytes;
  private boolean inTransaction;
  // Something was executed that no endCommit covers yet.
  private boolean inCommit;
  private int commits;
  private long flushedOffset;
  private boolean holding;
  private volatile long offset;
  private volatile long endOffset = Long.MAX_VALUE;
  private volatile long commands;

  private record Step(Command command, CommandSpec spec, List<Bytes> keys) {}

  /** Tells the source how far we are, at once. */
  @FunctionalInterface
  interface Acknowledgement {
    void send() throws IOException;
  }

  /**
   * @param offset up to which everything is stored
   */
  CommandStream(
      CommandTable table,
      CommandInterpreter interpreter,
      DivergentKeys divergent,
      KeyRereader rereader,
      Map<Integer, CapturedDatabase> databases,
      CommitWriter writer,
      Unsupported unsupported,
      Acknowledgement acknowledgement,
      String replicationId,
      long offset) {
    this.table = table;
    this.interpreter = interpreter;
    this.divergent = divergent;
    this.rereader = rereader;
    this.databases = databases;
    this.writer = writer;
    this.unsupported = unsupported;
    this.acknowledgement = acknowledgement;
    this.replicationId = replicationId;
    this.offset = offset;
    this.flushedOffset = offset;
  }

  /** Offset up to which everything is stored. Any thread. */
  long offset() {
    return offset;
  }

  /** Data-changing commands executed. Any thread. */
  long commands() {
    return commands;
  }

  /** Whether a failure now leaves a part of a commit behind. */
  boolean inCommit() {
    return inCommit;
  }

  /** Makes {@link #run} return once everything up to {@code last} is executed. Any thread. */
  void endAt(long last) {
    endOffset = last;
  }

  /**
   * Executes what {@code reader} brings, until it ends or fails, or is to {@linkplain #endAt end}.
   */
  void run(RespReader reader) throws IOException {
    while (offset < endOffset) {
      accept(reader.next());
      if (commits >= GROUP_COMMITS_MAX
          || (commits > 0 && writer.pendingBytes() >= GROUP_BYTES_MAX)) {
        flush(false);
      }
    }
  }

  private void accept(Command command) throws IOException {
    CommandSpec spec = table.find(command.name());
    if (spec == null) {
      acceptUnknown(command);
      return;
    }
    switch (spec.effect()) {
      case MULTI -> inTransaction = true;
      case EXEC -> {
        executeTransaction();
        inTransaction = false;
        endCommit(command);
      }
      case ACKNOWLEDGE -> {
        acknowledgement.send();
        passed(command);
      }
      case NONE -> {
        interpreter.execute(command, spec);
        passed(command);
      }
      default -> {
        if (inTransaction) {
          defer(new Step(command, spec, null));
        } else {
          executeAlone(command, spec);
        }
      }
    }
  }

  private void executeAlone(Command command, CommandSpec spec) throws IOException {
    if (spec.effect() == CommandSpec.Effect.SWAP_DATABASES) {
      // The exchange reads what is flushed.
      flush(false);
    }
    boolean captured = interpreter.selectedIsCaptured();
    if (spec.effect() == CommandSpec.Effect.SELECT) {
      interpreter.execute(command, spec);
      passed(command);
    } else if (captured || spec.crossesDatabases()) {
      beginCommit();
      interpreter.execute(command, spec);
      endCommit(command);
      counted();
    } else {
      passed(command);
    }
  }

  private void acceptUnknown(Command command) throws IOException {
    List<Bytes> keys = List.of();
    if (inTransaction || interpreter.selectedIsCaptured()) {
      // Asked before anything of the commit is executed: the source may not answer.
      keys = rereader.keysOf(command);
      unsupported.count("unknown command " + command.name(), command + ", keys " + keys);
    }
    if (inTransaction) {
      defer(new Step(command, null, keys));
    } else {
      beginCommit();
      interpreter.executeUnknown(command, keys);
      endCommit(command);
    }
  }

  private void defer(Step step) throws IOException {
    if (step.spec() != null && step.spec().effect() == CommandSpec.Effect.SWAP_DATABASES) {
      throw new ResyncRequiredException("SWAPDB within a transaction: a new snapshot is needed");
    }
    transaction.add(step);
    for (Bytes arg : step.command().args()) {
      transactionBytes += arg.length() + 48L;
    }
    if (transactionBytes > TRANSACTION_BYTES_MAX) {
      executeTransaction();
    }
  }

  private void executeTransaction() throws IOException {
    beginCommit();
    for (Step step : transaction) {
      if (step.spec() == null) {
        interpreter.executeUnknown(step.command(), step.keys());
      } else {
        interpreter.execute(step.command(), step.spec());
      }
      counted();
    }
    transaction.clear();
    transactionBytes = 0;
  }

  // The store may write a large commit in parts before its end, when no checkpoint describes it.
  private void beginCommit() {
    if (commits == 0 && !inCommit) {
      writer.checkpoint(RedisCapture.CHECKPOINT, Bytes.EMPTY);
    }
    inCommit = true;
  }

  private void endCommit(Command last) {
    if (divergent.anyStale()) {
      // The store may write a large commit at its end, before these keys are read again.
      writer.holdFrontiers(true);
    }
    writer.endCommit();
    inCommit = false;
    commits++;
    passed(last);
  }

  private void passed(Command command) {
    if (!inTransaction && !inCommit) {
      offset = command.endOffset();
    }
  }

  private void counted() {
    long before = commands;
    commands = before + 1;
  }

  /** What has ended is stored, when nothing more is there to be read. */
  void idle() throws IOException {
    if (commits > 0
        || holding
        || divergent.anyStale()
        || offset - flushedOffset > QUIET_BYTES_MAX) {
      flush(false);
    }
  }

  /**
   * Stores what has ended, with its checkpoint.
   *
   * @throws IOException when keys could not be read again from the source; what has ended is stored
   *     nevertheless, and the checkpoint names those keys
   */
  void flush(boolean sync) throws IOException {
    IOException failure = null;
    if (divergent.anyStale() && !inCommit) {
      try {
        rereader.readStale(divergent, databases);
      } catch (IOException e) {
        failure = e;
      }
      writer.endCommit();
    }
    divergent.passed(offset);
    holding = divergent.anyStaleOrAhead();
    writer.holdFrontiers(holding);
    if (!inCommit) {
      // A part of a commit keeps the empty one: this would come into force with the commit's end,
      // of which it knows nothing.
      writer.checkpoint(RedisCapture.CHECKPOINT, checkpoint().encode());
    }
    writer.flush(sync);
    flushedOffset = offset;
    commits = 0;
    if (failure != null) {
      throw failure;
    }
  }

  private Checkpoint checkpoint() {
    return Checkpoint.of(
        replicationId, offset, interpreter.selected(), databases.keySet(), divergent);
  }
}
