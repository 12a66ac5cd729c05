import type { Cursor } from "../model/cursor.js";
import type { Batch } from "../model/record.js";
import type { ReplicatorError } from "../errors.js";

/** Where a feed goes on. */
export interface FeedOpening {
  readonly fingerprint: string;
  readonly resumedFrom: Cursor | undefined;
  /** Why the cursor that was sent is no good any more; empty where it is or none was sent. */
  readonly resetReason: string;
  readonly hubId: string;
  /** Bytes of the whole database, 0 where that is not known. */
  readonly databaseBytes: number;
}

/** What a transport serves: one subscription. It keeps its copy and its cursor, whichever transports come and go. */
export interface FeedSink {
  readonly database: string;
  /** Globs, any of which a key must match; none for every key. */
  readonly patterns: readonly string[];
  /** What to go on from. */
  readonly held: { readonly fingerprint: string; readonly cursor: Cursor } | undefined;
  opened(opening: FeedOpening): void;
  /**
   * The next batch of what was opened last.
   *
   * @param stored called once the copy with this batch is as durable as it gets
   * @throws ProtocolError where it does not follow the one before
   */
  received(batch: Batch, stored: () => void): void;
  /** The hub serves no such feed, for a reason that trying again does not change. */
  refused(error: ReplicatorError): void;
  /** Until it is opened again, nothing comes. */
  interrupted(): void;
}

/** What a transport tells the connection that runs it. */
export interface TransportListener {
  /** The hub has answered. */
  opened(hubId: string): void;
  /** The hub's clock showed this, just now or earlier. */
  hubTime(ms: number): void;
  /** It is over, before or after it was opened, and not because of {@link Transport.close}. Called once. */
  ended(error: ReplicatorError): void;
}

/** One way to a hub, from one attempt until it ends. Serves any number of feeds. */
export interface Transport {
  add(feed: FeedSink): void;
  remove(feed: FeedSink): void;
  /** The network is back, or the page awake: find out whether the hub is still there. */
  probe(): void;
  close(reason: string): void;
}
