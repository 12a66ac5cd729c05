import { ClosedError, type ReplicatorError } from "./errors.js";
import { Emitter, type Unlisten } from "./events.js";
import type { Backoff } from "./session/backoff.js";
import { HubClock } from "./session/clock.js";
import type { Dialer } from "./session/dialer.js";
import type { FeedSink, Transport } from "./session/transport.js";
import type { CopyStorage } from "./storage/storage.js";
import { type SubscribeOptions, Subscription, type SubscriptionHost } from "./subscription.js";

/** `waiting` is for the next attempt. */
export type ConnectionState = "connecting" | "open" | "waiting" | "closed";

export interface ConnectionEvents {
  state: ConnectionState;
  /** Why a session ended or could not begin. It is tried again all the same, until the connection is closed. */
  error: ReplicatorError;
}

/** What a connection is made of; see `ConnectOptions`. */
export interface ConnectionParts {
  readonly dialer: Pick<Dialer, "dial" | "unblock">;
  readonly backoff: Backoff;
  readonly storage: CopyStorage | undefined;
  readonly storageName: string;
  readonly signal: AbortSignal | undefined;
}

/** A session that lasted so long ends a series of failures. */
const STABLE_MS = 5_000;

/** What browsers tell of the network and of the page; absent in Node.js. */
const browser = globalThis as {
  addEventListener?: typeof addEventListener;
  removeEventListener?: typeof removeEventListener;
  document?: Document;
};

/**
 * A hub, and whatever is subscribed there. Reconnects by itself, with growing delays; each subscription then goes on from
 * what it holds.
 *
 *     connecting ──answer──▶ open ──session ends──▶ waiting ──delay, or the network is back──▶ connecting
 *     any ──close()──▶ closed
 */
export class Connection {
  private readonly emitter = new Emitter<ConnectionEvents>();
  private readonly subscriptions = new Set<Subscription>();
  /** Those whose stored copy has been read. */
  private readonly feeds = new Set<FeedSink>();
  private readonly host: SubscriptionHost;
  private readonly onOnline = () => {
    this.parts.dialer.unblock();
    this.wake();
  };
  private readonly onVisible = () => {
    if (browser.document?.visibilityState === "visible") this.wake();
  };
  private readonly onAbort = () => void this.close();
  private current: ConnectionState = "connecting";
  private hub: string | undefined;
  private transport: Transport | undefined;
  private attempt = 0;
  private openedAtMs = 0;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;

  /** @internal Made by `connect`. */
  constructor(private readonly parts: ConnectionParts) {
    const clock = new HubClock();
    this.host = {
      clock,
      storage: parts.storage,
      storageName: parts.storageName,
      closed: (subscription) => this.forget(subscription),
    };
    browser.addEventListener?.("online", this.onOnline);
    browser.document?.addEventListener("visibilitychange", this.onVisible);
    parts.signal?.addEventListener("abort", this.onAbort);
    this.dial();
  }

  get state(): ConnectionState {
    return this.current;
  }

  /** Of the session now or last; undefined before the first. */
  get hubId(): string | undefined {
    return this.hub;
  }

  /** Calls `listener` from now on. The result takes it away again. */
  on<Name extends keyof ConnectionEvents>(name: Name, listener: (event: ConnectionEvents[Name]) => void): Unlisten {
    return this.emitter.on(name, listener);
  }

  /**
   * Follows the keys of a database that match a pattern. At once, whatever the state: where there is no session, it begins
   * with the next.
   *
   * @throws ClosedError after `close`
   */
  subscribe(options: SubscribeOptions): Subscription {
    if (this.current === "closed") throw new ClosedError("the connection was closed");
    options.signal?.throwIfAborted();
    const subscription = new Subscription(options, this.host);
    this.subscriptions.add(subscription);
    void subscription.restored.then(() => {
      if (!this.subscriptions.has(subscription)) return;
      this.feeds.add(subscription.sink);
      this.transport?.add(subscription.sink);
    });
    return subscription;
  }

  /** Ends every subscription and the session. Resolves when what is to survive is stored. */
  async close(): Promise<void> {
    if (this.current === "closed") return;
    clearTimeout(this.retryTimer);
    browser.removeEventListener?.("online", this.onOnline);
    browser.document?.removeEventListener("visibilitychange", this.onVisible);
    this.parts.signal?.removeEventListener("abort", this.onAbort);
    this.enter("closed");
    this.attempt++;
    this.transport?.close("closed by the client");
    this.transport = undefined;
    await Promise.all(Array.from(this.subscriptions, (subscription) => subscription.close()));
  }

  // ---- Sessions

  private dial(): void {
    const attempt = ++this.attempt;
    const isCurrent = () => attempt === this.attempt;
    this.enter("connecting");
    this.openedAtMs = 0;
    this.transport = this.parts.dialer.dial(this.feeds, {
      opened: (hubId) => isCurrent() && this.onOpened(hubId),
      hubTime: (ms) => isCurrent() && this.host.clock.observe(ms),
      ended: (error) => isCurrent() && this.onEnded(error),
    });
  }

  private onOpened(hubId: string): void {
    this.hub = hubId;
    this.openedAtMs = Date.now();
    this.host.clock.reset();
    this.enter("open");
  }

  private onEnded(error: ReplicatorError): void {
    if (this.openedAtMs !== 0 && Date.now() - this.openedAtMs >= STABLE_MS) this.parts.backoff.reset();
    this.attempt++;
    this.transport = undefined;
    this.enter("waiting");
    this.retryTimer = setTimeout(() => this.dial(), this.parts.backoff.nextMs());
    this.emitter.emit("error", error);
  }

  /** The network is back, or the page seen again: no time to lose. */
  private wake(): void {
    if (this.current === "waiting") {
      clearTimeout(this.retryTimer);
      this.parts.backoff.reset();
      this.dial();
    } else {
      this.transport?.probe();
    }
  }

  private forget(subscription: Subscription): void {
    this.subscriptions.delete(subscription);
    this.feeds.delete(subscription.sink);
    this.transport?.remove(subscription.sink);
  }

  private enter(state: ConnectionState): void {
    if (this.current === state || this.current === "closed") return;
    this.current = state;
    this.emitter.emit("state", state);
  }
}
