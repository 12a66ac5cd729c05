package io.replicator.redis.capture;

import io.replicator.replication.Bytes;
import io.replicator.store.CommitWriter;
import io.replicator.store.Store;
import io.replicator.streams.Capture;
import io.replicator.streams.SourceStatus;
import io.replicator.streams.SourceStatus.State;
import java.io.EOFException;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Captures databases of a Redis server by attaching to it as a replica: its snapshot, then its
 * stream of commands, transactions intact. The database number as text is the name in the store.
 *
 * <pre>
 *   CONNECTING ──▶ (where the source does not have what we are missing) LOADING ──▶ STREAMING
 *       └────────── partial resync from the stored checkpoint ──────────────────────▲
 *   any ──(stop)──▶ STOPPED        any ──(failure)──▶ FAILED, run() throws
 * </pre>
 *
 * <p>The thread in {@link #run} parses and stores; threads of its {@link ReplicaLink} receive and
 * acknowledge.
 */
public final class RedisCapture implements Capture {
  /** Under this name the store remembers how far the source has been captured. */
  static final String CHECKPOINT = "redis";

  private static final Logger log = LoggerFactory.getLogger(RedisCapture.class);
  private static final long SPOOL_MEMORY_BYTES = 16L << 20;
  private static final long SPOOL_SEGMENT_BYTES = 64L << 20;

  private final RedisCaptureSettings settings;
  private final Store store;
  private final CommandTable table;
  private final Unsupported unsupported = new Unsupported();
  private final AtomicBoolean stopped = new AtomicBoolean();

  // Whether the stored checkpoint must not be continued from. Of the capturing thread.
  private boolean snapshotNeeded;

  // For the status, and for stop() to end what the capturing thread waits for.
  private volatile State state = State.CONNECTING;
  private volatile String detail = "connecting";
  private volatile String sourceId = "";
  private volatile String address;
  private volatile RedisConnection questions;
  private volatile RedisConnection replication;
  private volatile ReplicaLink link;
  private volatile Spool spool;
  private volatile CommandStream stream;
  private volatile SnapshotLoader loader;

  public RedisCapture(RedisCaptureSettings settings, Store store) {
    this(settings, store, CommandTable.ofRedis());
  }

  RedisCapture(RedisCaptureSettings settings, Store store, CommandTable table) {
    this.settings = settings;
    this.store = store;
    this.table = table;
    this.address = RedisConnection.text(settings.addresses().get(0));
  }

  @Override
  public void run() throws IOException {
    try {
      boolean again = true;
      while (again && !stopped.get()) {
        again = captureOnce();
      }
      enter(State.STOPPED, "stopped");
    } catch (IOException | RuntimeException e) {
      if (!stopped.get()) {
        enter(State.FAILED, String.valueOf(e.getMessage()));
        throw e;
      }
      enter(State.STOPPED, "stopped");
    }
  }

  /** Asks the source how far it is, on a connection of its own, since the others are in use. */
  @Override
  public void finish() {
    RedisConnection current = questions;
    CommandStream following = stream;
    if (state != State.STREAMING || current == null || following == null) {
      stop();
      return;
    }
    try (RedisConnection asking = RedisConnection.open(current.address(), settings)) {
      Bytes info = (Bytes) asking.call("INFO", "replication");
      long last = Long.parseLong(RedisConnection.infoLine(info, "master_repl_offset"));
      following.endAt(last);
      if (following.offset() >= last) {
        stop();
      }
    } catch (IOException | RuntimeException e) {
      log.warn("ends without what {} may have written last: {}", address, e.getMessage());
      stop();
    }
  }

  @Override
  public void stop() {
    stopped.set(true);
    closeAll();
  }

  @Override
  public SourceStatus status() {
    CommandStream currentStream = stream;
    SnapshotLoader currentLoader = loader;
    Spool currentSpool = spool;
    boolean full = currentSpool != null && currentSpool.isFull();
    return new SourceStatus(
        sourceId,
        address,
        state,
        currentStream == null ? 0 : currentStream.offset(),
        currentSpool == null ? 0 : currentSpool.spooledBytes(),
        currentStream == null ? 0 : currentStream.commands(),
        currentLoader == null ? 0 : currentLoader.loadedKeys(),
        unsupported.counts(),
        full ? detail + "; the spool is full, reading pauses" : detail);
  }

  /** Returns whether to begin again, with a snapshot. */
  private boolean captureOnce() throws IOException {
    enter(State.CONNECTING, "connecting");
    try {
      questions = new SourceLocator(settings).connect();
      address = questions.toString();
      detail = "connecting to " + address;
      String version = identify(questions);
      spool =
          new Spool(
              settings.spoolDirectory(),
              settings.spoolBytesMax(),
              Math.min(SPOOL_MEMORY_BYTES, settings.spoolBytesMax()),
              SPOOL_SEGMENT_BYTES);
      if (stopped.get()) {
        return false;
      }
      capture(version);
      return false;
    } catch (ResyncRequiredException e) {
      log.warn("{}", e.getMessage());
      snapshotNeeded = true;
      return true;
    } finally {
      closeAll();
    }
  }

  private String identify(RedisConnection connection) throws IOException {
    Object reply = connection.call("INFO", "server");
    if (!(reply instanceof Bytes info)) {
      String message =
          reply instanceof RedisConnection.ErrorReply error ? error.message() : "no text";
      throw message.startsWith("NOPERM")
          ? connection.denied(message)
          : new IOException("redis at " + connection + " does not answer INFO: " + message);
    }
    sourceId = "redis:" + RedisConnection.infoLine(info, "run_id");
    return RedisConnection.infoLine(info, "redis_version");
  }

  private void capture(String serverVersion) throws IOException {
    CommitWriter writer = store.writer();
    var divergent = new DivergentKeys();
    Map<Integer, CapturedDatabase> databases = new TreeMap<>();
    for (int number : settings.databases()) {
      databases.put(
          number,
          new CapturedDatabase(
              number,
              writer.database(Integer.toString(number)),
              settings.valueBytesMax(),
              divergent,
              unsupported));
    }
    Checkpoint checkpoint = snapshotNeeded ? null : Checkpoint.decode(store.checkpoint(CHECKPOINT));
    if (checkpoint != null && !checkpoint.databases().containsAll(databases.keySet())) {
      log.info("databases were added to the capture: a snapshot is needed");
      checkpoint = null;
    }
    replication = RedisConnection.open(questions.address(), settings);
    if (stopped.get()) {
      return;
    }
    link =
        ReplicaLink.open(
            replication,
            spool,
            checkpoint == null ? "" : checkpoint.replicationId(),
            checkpoint == null ? -1 : checkpoint.offset());
    if (stopped.get()) {
      return;
    }
    ReplicaLink.Start start = link.start();
    var in = new ByteReader(spool);
    int selected;
    if (start.fullResync()) {
      selected = load(in, start, databases, divergent, writer);
    } else {
      selected = checkpoint.selected();
      checkpoint
          .withheld()
          .forEach((db, all) -> all.forEach(f -> divergent.withholdFingerprint(db, f)));
      divergent.withheldOverflow(checkpoint.withheldOverflow());
      checkpoint.readAgain().stream()
          // One that is no longer captured is never read, and would hold frontiers for ever.
          .filter(key -> databases.containsKey(key.database()))
          .forEach(key -> divergent.markStale(key.database(), key.key()));
      log.info("goes on with {} after offset {}", address, start.offset());
    }
    stream(in, start, selected, databases, divergent, writer, serverVersion);
  }

  /** Returns the database in which the stream begins. */
  private int load(
      ByteReader in,
      ReplicaLink.Start start,
      Map<Integer, CapturedDatabase> databases,
      DivergentKeys divergent,
      CommitWriter writer)
      throws IOException {
    enter(State.LOADING, "loading a snapshot from " + address);
    log.info("loads a snapshot of databases {} from {}", databases.keySet(), address);
    var snapshot = new SnapshotLoader(databases, writer, unsupported);
    loader = snapshot;
    // From the first flush on, the store is no state that any checkpoint describes.
    writer.checkpoint(CHECKPOINT, Bytes.EMPTY);
    databases.keySet().forEach(number -> writer.beginLoad(Integer.toString(number)));
    writer.endCommit();
    writer.holdFrontiers(false);
    writer.flush(false);
    long beganNs = System.nanoTime();
    new RdbReader(in, settings.valueBytesMax(), snapshot).read();
    in.skip(start.endMarkBytes());
    writer.endCommit();
    databases.keySet().forEach(number -> writer.endLoad(Integer.toString(number)));
    writer.endCommit();
    var loaded =
        Checkpoint.of(
            start.replicationId(),
            start.offset(),
            snapshot.streamDatabaseNumber(),
            databases.keySet(),
            divergent);
    writer.checkpoint(CHECKPOINT, loaded.encode());
    writer.flush(true);
    snapshotNeeded = false;
    log.info(
        "loaded {} keys from {} in {} ms",
        snapshot.loadedKeys(),
        address,
        (System.nanoTime() - beganNs) / 1_000_000);
    return snapshot.streamDatabaseNumber();
  }

  private void stream(
      ByteReader in,
      ReplicaLink.Start start,
      int selected,
      Map<Integer, CapturedDatabase> databases,
      DivergentKeys divergent,
      CommitWriter writer,
      String serverVersion)
      throws IOException {
    var interpreter = new CommandInterpreter(databases, divergent, unsupported, this::exchange);
    interpreter.select(selected);
    var commands =
        new CommandStream(
            table,
            interpreter,
            divergent,
            new KeyRereader(questions, new KeyWriter(unsupported), serverVersion),
            databases,
            writer,
            unsupported,
            link::acknowledge,
            start.replicationId(),
            start.offset());
    stream = commands;
    enter(State.STREAMING, "follows " + address);
    in.beforeBlocking(commands::idle);
    boolean sound = true;
    try {
      commands.run(new RespReader(in, start.offset(), settings.valueBytesMax()));
    } catch (EOFException e) {
      if (!stopped.get()) {
        throw new IOException("the replication link to " + address + " ended", e);
      }
    } catch (RuntimeException e) {
      sound = false;
      throw e;
    } finally {
      leave(commands, databases, writer, sound);
    }
  }

  // Whatever ended is stored with its checkpoint. Half a commit, or commits that went wrong, cannot
  // be taken back: then nothing but a new snapshot makes the store a state of the source again.
  private void leave(
      CommandStream commands,
      Map<Integer, CapturedDatabase> databases,
      CommitWriter writer,
      boolean sound) {
    try {
      if (sound && !commands.inCommit()) {
        commands.flush(true);
        return;
      }
      log.warn("left in the middle of a commit: a snapshot is needed");
      writer.endCommit();
      writer.checkpoint(CHECKPOINT, Bytes.EMPTY);
      databases.keySet().forEach(number -> writer.beginLoad(Integer.toString(number)));
      writer.flush(true);
    } catch (IOException e) {
      // Keys that could not be read again are in the checkpoint.
      log.debug("keys are read again after the restart: {}", e.getMessage());
    } catch (RuntimeException e) {
      // Thrown while another failure is on its way, which it would hide.
      log.error("the store does not take the end of a failed capture", e);
    }
  }

  private void exchange(CapturedDatabase one, CapturedDatabase other) throws IOException {
    DatabaseExchange.exchange(
        one,
        store.database(Integer.toString(one.number())),
        other,
        store.database(Integer.toString(other.number())));
  }

  private void enter(State entered, String what) {
    state = entered;
    detail = what;
  }

  private void closeAll() {
    RedisConnection currentQuestions = questions;
    RedisConnection currentReplication = replication;
    ReplicaLink currentLink = link;
    Spool currentSpool = spool;
    if (currentSpool != null) {
      currentSpool.close();
    }
    if (currentReplication != null) {
      // Ends the wait for a snapshot, too, before there is a link.
      currentReplication.close();
    }
    if (currentLink != null) {
      currentLink.close();
    }
    if (currentQuestions != null) {
      currentQuestions.close();
    }
  }
}
