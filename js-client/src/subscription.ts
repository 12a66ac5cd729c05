import { ClosedError, ProtocolError, type ReplicatorError, ResetError } from "./errors.js";
import { Emitter, type Unlisten } from "./events.js";
import { Copy, type Difference } from "./model/copy.js";
import { type Cursor, cursorText, equalCursors, isAt } from "./model/cursor.js";
import type { Value } from "./model/entry.js";
import { GROUP_BYTES_MAX, GroupRule, type GroupState } from "./model/group.js";
import type { Batch, DataType } from "./model/record.js";
import { ArrayView, type Item, MapView } from "./model/views.js";
import type { HubClock } from "./session/clock.js";
import type { FeedOpening, FeedSink } from "./session/transport.js";
import { type FeedIdentity, Persistence } from "./storage/persistence.js";
import type { CopyStorage } from "./storage/storage.js";

export interface SubscribeOptions {
  /** Of the hub: a number of a Redis database, or the name of an embedded one. */
  readonly database: string | number;
  /** Globs with the meaning that Redis gives them, any of which a key must match. Every key unless given. */
  readonly pattern?: string | readonly string[];
  /** Closes the subscription. */
  readonly signal?: AbortSignal;
}

/**
 * How the copy stands: `offline` while no hub serves it; `loading` and `catching-up` on the way, when it need not equal any
 * state of the source; `live` when it does; `closed` for good.
 */
export type SubscriptionState = "offline" | GroupState | "closed";

/** One key has another value. */
export interface ChangeEvent {
  readonly key: string;
  /** Undefined where it was deleted or has expired. */
  readonly value: Value | undefined;
  /** Of a deleted key, what it was. */
  readonly type: DataType;
  readonly deleted: boolean;
}

/** The copy equals a state of the source. */
export interface CaughtUpEvent {
  readonly version: number;
  readonly cursor: string;
}

export interface SubscriptionEvents {
  /** After a group of changes is visible, once for each key of it, with its value then. */
  change: ChangeEvent;
  /** After the changes of a group that reached the head. */
  caughtUp: CaughtUpEvent;
  state: SubscriptionState;
  error: ReplicatorError;
}

/** What a subscription needs of its connection. */
export interface SubscriptionHost {
  readonly clock: HubClock;
  readonly storage: CopyStorage | undefined;
  /** What copies of this hub are stored under. */
  readonly storageName: string;
  closed(subscription: Subscription): void;
}

const TIMEOUT_MS_MAX = 0x7fffffff;

/**
 * A live copy of the keys of one database that match a pattern. It outlives the sessions of its connection: while there is
 * none it stays as it is, but for keys that expire.
 */
export class Subscription {
  readonly database: string;
  readonly patterns: readonly string[];
  /** Key to value, live. A key that is not UTF-8 is `base64:` and its bytes. */
  readonly map: MapView;
  /** Resolves at the first frontier: everything is there, as it was at the source at one instant. */
  readonly ready: Promise<void>;
  /** Resolves once what was stored is in the views; whether there was anything. */
  readonly restored: Promise<boolean>;

  /** @internal */
  readonly sink: FeedSink;

  private readonly copy = new Copy();
  private readonly emitter = new Emitter<SubscriptionEvents>();
  private readonly persistence: Persistence | undefined;
  private readonly abort = () => this.close();
  private arrayView: ArrayView | undefined;
  private current: SubscriptionState = "offline";
  private identity: FeedIdentity | undefined;
  private reached: Cursor | undefined;
  private group = new GroupRule();
  private unstored: (() => void)[] = [];
  private expiryTimer: ReturnType<typeof setTimeout> | undefined;
  private resolveReady: () => void = () => {};
  private rejectReady: (error: ReplicatorError) => void = () => {};

  /** @internal Made by `Connection.subscribe`. */
  constructor(
    private readonly options: SubscribeOptions,
    private readonly host: SubscriptionHost,
  ) {
    this.database = String(options.database);
    this.patterns = patternsOf(options.pattern);
    this.map = new MapView(this.copy);
    this.ready = new Promise((resolve, reject) => {
      this.resolveReady = resolve;
      this.rejectReady = reject;
    });
    // Whoever waits for it is told; nobody has to.
    this.ready.catch(() => {});
    this.sink = this.makeSink();
    if (host.storage !== undefined) {
      const name = JSON.stringify([host.storageName, this.database, ...this.patterns]);
      this.persistence = new Persistence(
        host.storage,
        name,
        this.copy,
        () => this.identity,
        (error) => this.emitter.emit("error", error),
      );
    }
    this.restored = this.restore();
    options.signal?.addEventListener("abort", this.abort);
  }

  /** Every key in one array ordered by key: always the same array, changed in place. */
  get array(): readonly Item[] {
    this.arrayView ??= new ArrayView(this.copy);
    return this.arrayView.items;
  }

  get state(): SubscriptionState {
    return this.current;
  }

  /** What the copy has, as HTTP's `since`; undefined before the first load has begun. */
  get cursor(): string | undefined {
    return cursorText(this.copy.standing.cursor);
  }

  /** Calls `listener` from now on. The result takes it away again. */
  on<Name extends keyof SubscriptionEvents>(
    name: Name,
    listener: (event: SubscriptionEvents[Name]) => void,
  ): Unlisten {
    return this.emitter.on(name, listener);
  }

  /** No more changes; the views stay as they are. Resolves when what is to survive is stored. */
  async close(): Promise<void> {
    if (this.current === "closed") return;
    this.end(new ClosedError("the subscription was closed"));
    await this.persistence?.close();
  }

  private end(error: ReplicatorError): void {
    clearTimeout(this.expiryTimer);
    this.options.signal?.removeEventListener("abort", this.abort);
    this.rejectReady(error);
    this.enter("closed");
    this.host.closed(this);
  }

  private enter(state: SubscriptionState): void {
    if (this.current === state || this.current === "closed") return;
    this.current = state;
    this.emitter.emit("state", state);
  }

  // ---- From the hub

  private makeSink(): FeedSink {
    const subscription = this;
    return {
      database: this.database,
      patterns: this.patterns,
      get held() {
        const { identity, copy } = subscription;
        const cursor = copy.standing.cursor;
        return identity && cursor && { fingerprint: identity.fingerprint, cursor };
      },
      opened: (opening) => this.onOpened(opening),
      received: (batch, stored) => this.onBatch(batch, stored),
      refused: (error) => {
        this.emitter.emit("error", error);
        if (this.current !== "closed") this.end(error);
      },
      interrupted: () => this.enter("offline"),
    };
  }

  private onOpened(opening: FeedOpening): void {
    const { fingerprint, hubId, resumedFrom, resetReason } = opening;
    const { cursor } = this.copy.standing;
    if (resumedFrom !== undefined && !equalCursors(resumedFrom, cursor)) {
      throw new ProtocolError("the hub goes on from a cursor that it was not sent");
    }
    this.identity = { hubId, fingerprint };
    this.reached = resumedFrom;
    this.unstored = [];
    const ofEverything = this.patterns.length === 0 || this.patterns.includes("*");
    const large = ofEverything && opening.databaseBytes > GROUP_BYTES_MAX;
    // Part of a large group was, or will be, visible batch by batch.
    this.group = new GroupRule(resumedFrom === undefined ? large : !isAt(resumedFrom));
    this.enter(isAt(resumedFrom) ? "catching-up" : "loading");
    if (resetReason !== "") this.emitter.emit("error", new ResetError(`everything is loaded anew: ${resetReason}`));
  }

  private onBatch(batch: Batch, stored: () => void): void {
    if (this.current === "closed") return;
    if (batch.from !== undefined && !equalCursors(batch.from, this.reached)) {
      throw new ProtocolError(`a batch begins at ${describe(batch.from)}, the copy is at ${describe(this.reached)}`);
    }
    this.reached = batch.to;
    this.unstored.push(stored);
    const due = this.group.add(batch);
    if (due.length === 0) {
      this.enter(this.group.state);
      return;
    }
    const confirmed = this.unstored;
    this.unstored = [];
    const touched = this.persistence && new Set<string>();
    const differences = this.copy.apply(due, this.host.clock.nowMs(), touched);
    this.persistence?.changed(touched ?? [], () => confirmed.forEach((confirm) => confirm()));
    this.show(differences);
    this.enter(this.group.state);
    if (batch.frontier) this.onFrontier(batch.to);
    if (this.persistence === undefined) confirmed.forEach((confirm) => confirm());
  }

  private onFrontier(cursor: Cursor): void {
    this.resolveReady();
    this.emitter.emit("caughtUp", { version: Number(cursor.version), cursor: cursorText(cursor) as string });
  }

  // ---- To the program

  private show(differences: readonly Difference[]): void {
    this.arrayView?.update(differences);
    this.scheduleExpiry();
    if (!this.emitter.has("change")) return;
    for (const { key, now, before } of differences) {
      const type = (now ?? before)?.type as DataType;
      this.emitter.emit("change", { key, value: now?.value, type, deleted: now === undefined });
    }
  }

  private scheduleExpiry(): void {
    clearTimeout(this.expiryTimer);
    const next = this.copy.nextExpiryMs;
    if (next === undefined || this.current === "closed") return;
    const delay = Math.min(Math.max(0, this.host.clock.untilMs(next)), TIMEOUT_MS_MAX);
    this.expiryTimer = setTimeout(() => this.show(this.copy.expire(this.host.clock.nowMs())), delay);
  }

  private async restore(): Promise<boolean> {
    const restored = await this.persistence?.open();
    if (restored === undefined || this.current === "closed") return false;
    this.identity = restored.identity;
    this.show(this.copy.restore(restored.standing, restored.entries, this.host.clock.nowMs()));
    return true;
  }
}

function patternsOf(pattern: string | readonly string[] | undefined): readonly string[] {
  return pattern === undefined ? [] : typeof pattern === "string" ? [pattern] : [...pattern];
}

function describe(cursor: Cursor | undefined): string {
  return cursorText(cursor) ?? "nothing";
}
