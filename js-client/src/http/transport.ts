import { ConnectionError, ProtocolError, RefusedError, ReplicatorError, ResetError } from "../errors.js";
import { cursorText } from "../model/cursor.js";
import type { Batch } from "../model/record.js";
import type { FeedSink, Transport, TransportListener } from "../session/transport.js";
import { parseBatch } from "./batch-json.js";
import { EventStreamParser } from "./event-stream.js";
import { type HubRequests, messageOf } from "./requests.js";

const DATABASES_PATH = "v1/databases";
const EVENT_STREAM = "text/event-stream";
const JSON_TYPE = "application/json";
/** The hub sends at least a comment every 15 s, unless it is set to other. */
const SILENCE_MS_MAX = 45_000;
const POLL_WAIT_S = 25;
/** For the answer to a long poll beyond the time that it may wait. */
const POLL_GRACE_MS = 20_000;
const POLL_PAUSE_MS = 1_000;

export interface HttpTransportOptions {
  readonly requests: HubRequests;
  /** Whether one streamed answer brings all batches of a feed, or one answer each. */
  readonly mode: "sse" | "poll";
  readonly timeoutMs: number;
  /** A stream was opened, and nothing of it came: something holds it back. */
  readonly onStreamHeldBack: () => void;
}

/**
 * Updates over plain HTTP, for where WebSockets do not get through: a request for each feed, answered by an event stream,
 * or again and again by one batch.
 */
export class HttpTransport implements Transport {
  private readonly feeds = new Map<FeedSink, AbortController>();
  private readonly greeting = new AbortController();
  private state: "greeting" | "open" | "over" = "greeting";

  constructor(
    private readonly options: HttpTransportOptions,
    feeds: Iterable<FeedSink>,
    private readonly listener: TransportListener,
  ) {
    for (const feed of feeds) this.add(feed);
    void this.greet();
  }

  add(feed: FeedSink): void {
    if (this.state === "over" || this.feeds.has(feed)) return;
    const controller = new AbortController();
    this.feeds.set(feed, controller);
    if (this.state === "open") void this.follow(feed, controller);
  }

  remove(feed: FeedSink): void {
    this.feeds.get(feed)?.abort();
    this.feeds.delete(feed);
  }

  probe(): void {
    // Silence is noticed by each request for itself.
  }

  close(): void {
    if (this.state === "over") return;
    this.state = "over";
    this.greeting.abort();
    for (const [feed, controller] of this.feeds) {
      controller.abort();
      feed.interrupted();
    }
    this.feeds.clear();
  }

  private end(error: unknown): void {
    if (this.state === "over") return;
    this.close();
    this.listener.ended(
      error instanceof ReplicatorError ? error : new ConnectionError(`an answer broke off: ${messageOf(error)}`, { cause: error }),
    );
  }

  private async greet(): Promise<void> {
    const deadline = setTimeout(
      () => this.greeting.abort(new Error(`none within ${this.options.timeoutMs} ms`)),
      this.options.timeoutMs,
    );
    try {
      const response = await this.options.requests.get(DATABASES_PATH, JSON_TYPE, this.greeting.signal);
      await response.body?.cancel();
    } catch (error) {
      this.end(error);
      return;
    } finally {
      clearTimeout(deadline);
    }
    if (this.state === "over") return;
    this.state = "open";
    this.listener.opened(this.options.requests.url.host);
    for (const [feed, controller] of this.feeds) void this.follow(feed, controller);
  }

  // ---- One feed

  private async follow(feed: FeedSink, controller: AbortController): Promise<void> {
    const following = new Following(feed, this.options.requests.url.host);
    const { signal } = controller;
    while (!signal.aborted) {
      try {
        if (this.options.mode === "sse") await this.stream(following, controller);
        else await this.poll(following, controller);
      } catch (error) {
        if (this.feeds.get(feed) !== controller) return;
        if (error instanceof ResetError) {
          following.reset(error.message);
        } else if (error instanceof RefusedError) {
          this.feeds.delete(feed);
          feed.refused(error);
          return;
        } else {
          this.end(error);
          return;
        }
      }
    }
  }

  private async stream(following: Following, controller: AbortController): Promise<void> {
    let heard = false;
    const silence = new Deadline(() => {
      if (!heard) this.options.onStreamHeldBack();
      controller.abort(new Error(`nothing heard for ${SILENCE_MS_MAX} ms`));
      this.end(new ConnectionError(`nothing heard from the hub for ${SILENCE_MS_MAX} ms`));
    });
    try {
      const response = await this.options.requests.get(following.path(), EVENT_STREAM, controller.signal);
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      const decoder = new TextDecoder();
      const parser = new EventStreamParser();
      for (;;) {
        const { done, value } = await reader.read();
        if (done && !heard) throw new ConnectionError("the hub ended a stream before it began");
        if (done) return;
        heard = true;
        silence.renew(SILENCE_MS_MAX);
        parser.parse(decoder.decode(value, { stream: true }), ({ data }) => following.received(data));
      }
    } finally {
      silence.end();
    }
  }

  private async poll(following: Following, controller: AbortController): Promise<void> {
    const deadline = new Deadline(
      () => controller.abort(new Error("no answer in time")),
      POLL_WAIT_S * 1000 + POLL_GRACE_MS,
    );
    try {
      const askedAtMs = Date.now();
      const response = await this.options.requests.get(following.path(POLL_WAIT_S), JSON_TYPE, controller.signal);
      const { changes, frontier } = following.received(await response.text());
      // Whoever answers that nothing is new without waiting for it would be asked in a circle.
      if (changes.length === 0 && frontier && Date.now() - askedAtMs < POLL_PAUSE_MS) await pause(POLL_PAUSE_MS);
    } finally {
      deadline.end();
    }
  }
}

/** One feed on its way through requests: which to ask for next, and what came. */
class Following {
  private opened = false;
  private resetReason = "";
  /** The text of what was received last, behind which the copy itself may be: a group waits for its frontier. */
  private since: string | undefined;

  constructor(
    private readonly feed: FeedSink,
    private readonly host: string,
  ) {
    this.since = cursorText(feed.held?.cursor);
  }

  path(waitSeconds?: number): string {
    const query = new URLSearchParams();
    for (const pattern of this.feed.patterns) query.append("pattern", pattern);
    if (this.since !== undefined) query.append("since", this.since);
    if (waitSeconds !== undefined) query.append("wait", String(waitSeconds));
    return `${DATABASES_PATH}/${encodeURIComponent(this.feed.database)}/changes?${query}`;
  }

  reset(reason: string): void {
    if (this.since === undefined) throw new ProtocolError(`the hub resets a load that has not begun: ${reason}`);
    this.since = undefined;
    this.opened = false;
    this.resetReason = reason;
  }

  received(text: string): Batch {
    const batch = parseBatch(text, Date.now());
    if (!this.opened) this.open(batch);
    this.since = cursorText(batch.to);
    this.feed.received(batch, () => {});
    return batch;
  }

  private open(first: Batch): void {
    this.opened = true;
    this.feed.opened({
      fingerprint: this.feed.held?.fingerprint ?? "",
      resumedFrom: first.from,
      resetReason: this.resetReason,
      hubId: this.host,
      databaseBytes: 0,
    });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Calls back once after a time without a renewal. */
class Deadline {
  private timer: ReturnType<typeof setTimeout>;

  constructor(
    private readonly onOver: () => void,
    ms = SILENCE_MS_MAX,
  ) {
    this.timer = setTimeout(onOver, ms);
  }

  renew(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.onOver, ms);
  }

  end(): void {
    clearTimeout(this.timer);
  }
}
