package io.replicator.streams.send;

import io.replicator.protocol.Frames;
import io.replicator.replication.Bytes;
import io.replicator.replication.Cursor;
import io.replicator.replication.FeedProgress;
import io.replicator.replication.QosLevel;
import io.replicator.store.Database;
import io.replicator.streams.Feed;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One feed of one session on the hub: where it has pulled to, the block being sent, and what the
 * client has confirmed. Holds at most two blocks, the one being sent and the next. Confined to its
 * session's stage, but for {@link #wake}.
 */
final class FeedSender {
  private static final Logger LOG = LoggerFactory.getLogger(FeedSender.class);

  /** A feed that is caught up tells of changes that do not concern it at most this often. */
  private static final long EMPTY_BATCH_INTERVAL_NS = 1_000_000_000L;

  /** A client that dies in a load has at most this part of it in its receive queue. */
  private static final int LOAD_PARTS_UNTAKEN = 200;

  /** A batch of a load is at most about this part of it. */
  private static final int LOAD_PARTS_PULLED = 256;

  /**
   * Up to here, a load is one transaction of the client: parts of it are nothing to resume from.
   */
  private static final long SMALL_LOAD_BYTES_MAX = 8 << 20;

  /** A batch of a small load: within 6 % of what the whole would compress to. */
  private static final int SMALL_LOAD_PULL_BYTES = 64 * 1024;

  /** Batches on their way or with the client, waiting for its sink. */
  private static final int UNAPPLIED_BATCHES_MAX = 4_096;

  /** Patterns that the status names. */
  private static final int PATTERNS_SHOWN = 20;

  private static final int PATTERN_CHARS_SHOWN = 100;

  private final Feed feed;
  private final int tag;
  private final Database database;
  private final FeedProgress progress;
  private final String qos;
  private final List<String> patterns;

  // Set by the store's writer, cleared by the stage: at most one wake-up is on its way.
  private final AtomicBoolean awake = new AtomicBoolean();

  private Cursor pulled;
  private boolean pulledFrontier;
  private boolean pulling;
  // Whether the database may hold something after what was pulled; when the stage learned of it,
  // and
  // the head then.
  private boolean news;
  private long newsAtNs;
  private long newsHead;
  private boolean onlyFresh;
  private AutoCloseable registration;
  private boolean ended;

  private EncodedBatch sending;
  private int sent;
  // At most a batch, and before it one that only moves the cursor.
  private final Deque<EncodedBatch> next = new ArrayDeque<>(2);
  private Cursor told;
  private boolean toldFrontier;
  private long toldAtNs;

  private long changesMerged;
  private long mergedBytes;
  private long plainBytes;
  private long blockBytes;
  private long wireBytes;

  /**
   * @param tag by which the client asked for it, 0 where it came with the handshake
   */
  FeedSender(SessionOffer.OfferedFeed offered, int tag) {
    this.feed = offered.feed();
    this.tag = tag;
    this.database = offered.database();
    this.qos = feed.level().name().toLowerCase(Locale.ROOT);
    this.patterns =
        feed.filter().include().stream()
            .limit(PATTERNS_SHOWN)
            .map(Object::toString)
            .map(FeedSender::shortened)
            .toList();
    this.pulled = offered.from();
    this.told = pulled;
    this.progress = new FeedProgress(offered.from(), UNAPPLIED_BATCHES_MAX);
  }

  Feed feed() {
    return feed;
  }

  int id() {
    return feed.id();
  }

  int tag() {
    return tag;
  }

  Database database() {
    return database;
  }

  Cursor pulled() {
    return pulled;
  }

  QosLevel level() {
    return feed.level();
  }

  /** From now on {@code wakeUp} runs, on any thread, when the database has something new. */
  void begin(Runnable wakeUp) {
    registration =
        database.onHeadMoved(
            () -> {
              if (wake()) {
                wakeUp.run();
              }
            });
    // Whatever moved the head before is told by nobody else; a shared block may be older.
    headMoved(System.nanoTime());
  }

  /** No more of it: what is under way is dropped. */
  void end() {
    ended = true;
    if (registration == null) {
      return;
    }
    try {
      registration.close();
    } catch (Exception e) {
      LOG.warn("a head listener of database {} did not end", feed.database(), e);
    }
  }

  boolean hasEnded() {
    return ended;
  }

  /** Whether a wake-up has to be sent to the stage for this head movement. Any thread. */
  private boolean wake() {
    return awake.compareAndSet(false, true);
  }

  /** The stage has got the wake-up, or has just begun to be woken. */
  void headMoved(long nowNs) {
    awake.set(false);
    news = true;
    newsAtNs = nowNs;
    newsHead = database.head();
  }

  /** Whether the database may hold something that was not pulled. */
  boolean hasNews() {
    return news;
  }

  /**
   * Whether the next batch should be pulled now.
   *
   * @param prefetchBytes how much of the block being sent may be left
   */
  boolean wantsPull(int prefetchBytes, int creditBytes) {
    return !pulling
        && news
        && next.isEmpty()
        && (sending == null || sending.block().length() - sent <= prefetchBytes)
        && progress.mayPull(creditBytes);
  }

  /**
   * How many bytes of blocks may be with the client, not taken. In a load, what a client that dies
   * has not applied is sent again: so it is a small part of the load, unless the link needs more to
   * be used at all.
   *
   * @param linkBytes that the link holds in one round trip
   */
  int creditBytes(int creditBytesMax, long linkBytes) {
    if (pulled instanceof Cursor.At || loadIsSmall()) {
      return creditBytesMax;
    }
    double compression = plainBytes == 0 ? 1 : (double) blockBytes / plainBytes;
    long ofLoad = (long) (compression * loadBytes() / LOAD_PARTS_UNTAKEN);
    return (int) Math.min(creditBytesMax, Math.max(ofLoad, linkBytes + linkBytes / 2));
  }

  /**
   * Where the next pull stops: in a load at a small part of it, in steps, so that sessions share.
   */
  int pullBytesMax(int batchBytesMax) {
    if (pulled instanceof Cursor.At) {
      return batchBytesMax;
    }
    long part =
        loadIsSmall() ? SMALL_LOAD_PULL_BYTES : Long.highestOneBit(loadBytes() / LOAD_PARTS_PULLED);
    return (int) Math.min(batchBytesMax, part);
  }

  private boolean loadIsSmall() {
    return loadBytes() <= SMALL_LOAD_BYTES_MAX;
  }

  private long loadBytes() {
    return database.stats().bytes();
  }

  /** Whether the pull must not be answered by what another session asked for earlier. */
  boolean pullStarts() {
    pulling = true;
    return onlyFresh;
  }

  void pullEnds(EncodedBatch batch, long nowNs) {
    pulling = false;
    // A change that came while the pull was under way, or before a shared one began, may not be in
    // it; a frontier at that head or a later one has it all the same.
    boolean upToDate = batch.startedNs() - newsAtNs > 0 || reachesNews(batch);
    boolean atEnd = batch.frontier() || batch.standsStill();
    news = !atEnd || !upToDate;
    onlyFresh = batch.standsStill() && !upToDate;
    pulled = batch.to();
    pulledFrontier = batch.frontier();
    // Of a load, every batch is told: also one without records says whether a key stays open.
    if (batch.records() > 0
        || (batch.frontier() && !toldFrontier)
        || !(batch.from() instanceof Cursor.At)) {
      if (!batch.from().equals(told) && !(batch.from() instanceof Cursor.Nothing)) {
        enqueue(EncodedBatch.advance(told, batch.from(), false, batch.pulledAtMs()), nowNs);
      }
      enqueue(batch, nowNs);
    } else {
      tellAdvance(nowNs);
    }
  }

  private boolean reachesNews(EncodedBatch batch) {
    return batch.frontier() && batch.to() instanceof Cursor.At at && at.version() >= newsHead;
  }

  /**
   * Lets the client know, now and then, that its cursor has moved past changes that do not concern
   * it.
   */
  void tellAdvance(long nowNs) {
    if (!pulled.equals(told)
        && !pulling
        && sending == null
        && nowNs - toldAtNs >= EMPTY_BATCH_INTERVAL_NS) {
      enqueue(
          EncodedBatch.advance(told, pulled, pulledFrontier, System.currentTimeMillis()), nowNs);
    }
  }

  private void enqueue(EncodedBatch batch, long nowNs) {
    told = batch.to();
    toldFrontier = batch.frontier();
    toldAtNs = nowNs;
    next.add(batch);
    if (sending == null) {
      begin(next.remove(), nowNs);
    }
  }

  private void begin(EncodedBatch batch, long nowNs) {
    sending = batch;
    sent = 0;
    progress.sent(
        batch.from(),
        batch.to(),
        batch.block().length(),
        batch.records(),
        batch.frontier(),
        nowNs / 1_000_000);
    plainBytes += batch.plainBytes();
    blockBytes += batch.block().length();
    long merged = batch.versions() - batch.records();
    if (batch.records() > 0 && merged > 0) {
      changesMerged += merged;
      mergedBytes += merged * (batch.plainBytes() / batch.records());
    }
  }

  boolean hasChunk() {
    return sending != null;
  }

  /** The dictionary that the client must have before the next chunk, 0 for none. */
  int dictionaryNeeded() {
    return sending != null && sent == 0 ? sending.dictionaryId() : 0;
  }

  /** The frame of the next chunk. */
  byte[] nextChunk(int chunkBytes, long nowNs) {
    Bytes block = sending.block();
    int to = Math.min(block.length(), sent + chunkBytes);
    boolean last = to == block.length();
    byte[] frame =
        Frames.encodeChunk(
            feed.id(),
            progress.sentBatch(),
            sent == 0 ? block.length() : 0,
            last,
            block.toArray(),
            sent,
            to);
    wireBytes += frame.length;
    sent = to;
    if (last) {
      sending = null;
      if (!next.isEmpty()) {
        begin(next.remove(), nowNs);
      }
    }
    return frame;
  }

  void acknowledged(long taken, long applied) {
    progress.taken(taken);
    progress.applied(applied);
  }

  /** Small blocks have cost more than handing over a dictionary would. */
  boolean deservesDictionary(int dictionaryBytes) {
    return !progress.isLoading() && blockBytes > 2L * dictionaryBytes;
  }

  /** Whether the client has everything, durably. */
  boolean drained() {
    return !news
        && !pulling
        && sending == null
        && next.isEmpty()
        && progress.unappliedBatches() == 0;
  }

  private static String shortened(String pattern) {
    return pattern.length() <= PATTERN_CHARS_SHOWN
        ? pattern
        : pattern.substring(0, PATTERN_CHARS_SHOWN - 1) + "…";
  }

  LaneStatus status(long nowNs) {
    long head = database.head();
    long cursor = progress.appliedVersion();
    boolean live = !progress.isLoading() && progress.isLive();
    // With everything applied that was pulled, what was passed over for other feeds is not behind.
    boolean idle = sending == null && next.isEmpty() && progress.unappliedBatches() == 0;
    long reached = idle && pulled instanceof Cursor.At at ? at.version() : cursor;
    return new LaneStatus(
        feed.database(),
        qos,
        patterns,
        progress.isLoading() ? "loading" : live ? "live" : "catching-up",
        cursor,
        head,
        database.versionsBetween(reached, head),
        lagMs(nowNs),
        progress.sentRecords(),
        changesMerged,
        mergedBytes,
        plainBytes,
        blockBytes,
        wireBytes);
  }

  // The store does not remember when a version was made; when this session learned of it is close
  // enough.
  private long lagMs(long nowNs) {
    if (progress.unappliedBatches() > 0) {
      return progress.lagMs(nowNs / 1_000_000);
    }
    return news ? (nowNs - newsAtNs) / 1_000_000 : 0;
  }
}
