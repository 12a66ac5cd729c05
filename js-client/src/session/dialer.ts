import { ConnectionError, type ReplicatorError, UnauthorizedError } from "../errors.js";
import { HubRequests, messageOf } from "../http/requests.js";
import { HttpTransport } from "../http/transport.js";
import type { FeedSink, Transport, TransportListener } from "./transport.js";
import { type WebSocketConstructor, WebSocketTransport } from "./websocket.js";

export type TransportName = "websocket" | "sse" | "poll";

export interface DialerOptions {
  readonly transport: TransportName | "auto";
  readonly token: string | (() => string | Promise<string>) | undefined;
  readonly clientId: string;
  readonly clientName: string;
  readonly timeoutMs: number;
  readonly WebSocket: WebSocketConstructor | undefined;
  readonly fetch: typeof fetch | undefined;
}

/** For so long after a way was found blocked, it is not tried again. */
const BLOCKED_MS = 600_000;

/** Makes attempts to reach a hub, of several URLs the next each time, and remembers what did not get through. */
export class Dialer {
  private next = 0;
  private blocked: { best: TransportName; untilMs: number } = { best: "websocket", untilMs: 0 };

  constructor(
    private readonly urls: readonly URL[],
    private readonly options: DialerOptions,
  ) {}

  dial(feeds: Iterable<FeedSink>, listener: TransportListener): Transport {
    return new Attempt(this, this.urls[this.next++ % this.urls.length], this.options, feeds, listener);
  }

  /** The network may have become another one: every way may be open. */
  unblock(): void {
    this.blocked.untilMs = 0;
  }

  get best(): TransportName {
    if (this.options.transport !== "auto") return this.options.transport;
    return Date.now() < this.blocked.untilMs ? this.blocked.best : "websocket";
  }

  /** Another way than `best` did not get through. False where no other is allowed. */
  fallBackTo(best: TransportName): boolean {
    if (this.options.transport !== "auto") return false;
    this.blocked = { best, untilMs: Date.now() + BLOCKED_MS };
    return true;
  }
}

/**
 * One attempt: a WebSocket, or what takes its place. That a WebSocket does not open says nothing of why; the answer to a
 * plain request does. Where that is well and a second WebSocket fails too, something between does not let them through.
 */
class Attempt implements Transport {
  private readonly feeds: Set<FeedSink>;
  private readonly asking = new AbortController();
  private token: string | undefined;
  private transport: Transport | undefined;
  private opened = false;
  private webSocketsFailed = 0;
  private over = false;

  constructor(
    private readonly dialer: Dialer,
    private readonly url: URL,
    private readonly options: DialerOptions,
    feeds: Iterable<FeedSink>,
    private readonly listener: TransportListener,
  ) {
    this.feeds = new Set(feeds);
    void this.start();
  }

  private async start(): Promise<void> {
    const { token } = this.options;
    try {
      this.token = typeof token === "function" ? await token() : token;
    } catch (cause) {
      this.end(new UnauthorizedError(`no token: ${messageOf(cause)}`, { cause }));
      return;
    }
    if (!this.over) this.begin();
  }

  add(feed: FeedSink): void {
    this.feeds.add(feed);
    this.transport?.add(feed);
  }

  remove(feed: FeedSink): void {
    this.feeds.delete(feed);
    this.transport?.remove(feed);
  }

  probe(): void {
    this.transport?.probe();
  }

  close(reason: string): void {
    this.over = true;
    this.asking.abort();
    this.transport?.close(reason);
  }

  private get requests(): HubRequests {
    return new HubRequests(this.url, this.token, this.options.fetch ?? globalThis.fetch.bind(globalThis));
  }

  private begin(): void {
    try {
      this.transport = this.newTransport();
    } catch (cause) {
      // A page may not, or there are none.
      this.end(new ConnectionError(`cannot open a WebSocket: ${messageOf(cause)}`, { cause }));
    }
  }

  private newTransport(): Transport {
    const name = this.dialer.best;
    const listener: TransportListener = {
      opened: (hubId) => {
        this.opened = true;
        this.listener.opened(hubId);
      },
      hubTime: (ms) => this.listener.hubTime(ms),
      ended: (error) => {
        this.transport = undefined;
        if (name === "websocket" && !this.opened) void this.onWebSocketFailed(error);
        else this.end(error);
      },
    };
    const { timeoutMs, clientId, clientName } = this.options;
    if (name !== "websocket") {
      const onStreamHeldBack = () => this.dialer.fallBackTo("poll");
      const options = { requests: this.requests, mode: name, timeoutMs, onStreamHeldBack };
      return new HttpTransport(options, this.feeds, listener);
    }
    const WebSocket = this.options.WebSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
    if (WebSocket === undefined) throw new TypeError("there is none here, pass one as option");
    return new WebSocketTransport(
      { url: this.url, token: this.token, clientId, clientName, handshakeTimeoutMs: timeoutMs, WebSocket },
      this.feeds,
      listener,
    );
  }

  private async onWebSocketFailed(error: ReplicatorError): Promise<void> {
    if (this.over || !(error instanceof ConnectionError)) {
      this.end(error);
      return;
    }
    const deadline = setTimeout(() => this.asking.abort(), this.options.timeoutMs);
    try {
      const response = await this.requests.get("v1/databases", "application/json", this.asking.signal);
      await response.body?.cancel();
    } catch (refusal) {
      // Whom the hub does not let in should know it; anything else says no more than the WebSocket.
      this.end(refusal instanceof UnauthorizedError ? refusal : error);
      return;
    } finally {
      clearTimeout(deadline);
    }
    if (this.over) return;
    if (++this.webSocketsFailed > 1 && !this.dialer.fallBackTo("sse")) this.end(error);
    else this.begin();
  }

  private end(error: ReplicatorError): void {
    if (this.over) return;
    this.over = true;
    this.listener.ended(error);
  }
}
