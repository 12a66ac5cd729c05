import { ConnectionError, ProtocolError, RefusedError, ReplicatorError } from "../errors.js";
import { BlockAssembler } from "../wire/assembler.js";
import { decodeBatch } from "../wire/batch.js";
import { blockLimits, type BlockLimits, decodeBlock } from "../wire/block.js";
import { FrameDecoder, frameOf, LENGTH_BYTES } from "../wire/frames.js";
import { utf8 } from "../wire/bytes.js";
import { CREDIT_BYTES_DEFAULT, HEARTBEAT_MS_DEFAULT, LIMITS } from "../wire/limits.js";
import {
  CAPABILITY_SUBSCRIBE,
  type Chunk,
  decodeFrame,
  encodeAck,
  encodeGoodbye,
  encodeHeartbeat,
  encodeHello,
  encodeSubscribe,
  encodeUnsubscribe,
  PROTOCOL_VERSION,
  type Received,
  type Refusal,
  type Subscribed,
  type Welcome,
} from "../wire/messages.js";
import type { FeedSink } from "./transport.js";

/** Whole intervals without a byte after which the hub is taken for dead. */
const SILENT_INTERVALS_MAX = 3;
const HEARTBEAT_MS_MIN = 50;
const HEARTBEAT_MS_MAX = 600_000;

/** Where data keeps coming the hub waits for acks; so many bytes are acknowledged at once. */
const ACK_BYTES = 4 * 1024;
/** In a trickle, an ack may wait so long for company. */
const ACK_DELAY_MS = 500;

const GOODBYE_CHARS_MAX = 500;

/** What a session needs of its link. */
export interface SessionLink {
  send(bytes: Uint8Array<ArrayBuffer>): void;
  welcomed(hubId: string): void;
  hubTime(ms: number): void;
  /** The session is over; called once at most. */
  failed(error: ReplicatorError): void;
}

/** A subscription within the session. */
interface SessionFeed {
  readonly tag: number;
  readonly sink: FeedSink;
  assembler: BlockAssembler | undefined;
  id: number;
  /** Whether more is on its way: its last batch was no frontier. */
  behind: boolean;
  taken: number;
  applied: number;
  ackedTaken: number;
  ackedApplied: number;
}

/**
 * The client's half of the wire (docs/protocol.md) with the capability "subscribe", over any link that carries bytes.
 *
 *     idle ──begin: Hello and every Subscribe at once──▶ greeting ──Welcome──▶ running ──▶ over
 *                                                            └── Refusal, Goodbye, an error ──▶
 */
export class WireSession {
  private readonly decoder = new FrameDecoder();
  private readonly byTag = new Map<number, SessionFeed>();
  private readonly byId = new Map<number, SessionFeed>();
  private state: "idle" | "greeting" | "running" | "over" = "idle";
  private lastTag = 0;
  private hubId = "";
  private limits: BlockLimits = LIMITS;
  private creditBytes = CREDIT_BYTES_DEFAULT;

  // What the hub's window counts begins behind the Welcome.
  private linkBytes = 0;
  private lastBytesAtMs = 0;
  private welcomeBytes = 0;
  private ackedBytes = 0;
  private progressed = false;
  private ackTimer: ReturnType<typeof setTimeout> | undefined;

  private heartbeatTimer: ReturnType<typeof setInterval> | undefined;
  private silentIntervals = 0;
  private sentSinceHeartbeat = false;

  constructor(
    private readonly clientId: string,
    private readonly clientName: string,
    private readonly link: SessionLink,
  ) {}

  /** The link is open. */
  begin(): void {
    if (this.state !== "idle") return;
    this.state = "greeting";
    const { clientId, clientName } = this;
    const capabilities = [CAPABILITY_SUBSCRIBE];
    const hello = encodeHello({ capabilities, clientId, clientName, ackDelayMaxMs: ACK_DELAY_MS });
    this.sendFrames([hello, ...Array.from(this.byTag.values(), subscribeOf)]);
  }

  add(sink: FeedSink): void {
    if (this.state === "over") return;
    const tag = ++this.lastTag;
    const feed: SessionFeed = {
      tag,
      sink,
      assembler: undefined,
      id: 0,
      behind: true,
      taken: 0,
      applied: 0,
      ackedTaken: 0,
      ackedApplied: 0,
    };
    this.byTag.set(tag, feed);
    if (this.state !== "idle") this.sendFrames([subscribeOf(feed)]);
  }

  remove(sink: FeedSink): void {
    for (const feed of this.byTag.values()) {
      if (feed.sink !== sink) continue;
      this.byTag.delete(feed.tag);
      if (this.state === "greeting" || this.state === "running") this.sendFrames([encodeUnsubscribe(feed.tag)]);
    }
  }

  /** Asks for a sign of life sooner than the next interval would. */
  probe(): void {
    if (this.state !== "running") return;
    this.silentIntervals = Math.max(this.silentIntervals, SILENT_INTERVALS_MAX - 1);
    this.sendFrames([encodeHeartbeat(Date.now())]);
  }

  sayGoodbye(reason: string): void {
    if (this.state === "greeting" || this.state === "running") {
      this.sendFrames([encodeGoodbye(reason.slice(0, GOODBYE_CHARS_MAX))]);
    }
  }

  /** Nothing is sent or received any more. */
  end(): void {
    if (this.state === "over") return;
    this.state = "over";
    clearTimeout(this.ackTimer);
    clearInterval(this.heartbeatTimer);
    for (const feed of this.byTag.values()) feed.sink.interrupted();
    this.byTag.clear();
    this.byId.clear();
  }

  // ---- Received

  receive(bytes: Uint8Array): void {
    this.linkBytes += bytes.length;
    this.lastBytesAtMs = performance.now();
    this.silentIntervals = 0;
    try {
      this.decoder.decode(bytes, (content) => this.onFrame(content));
    } catch (error) {
      if (!(error instanceof ReplicatorError)) throw error;
      this.fail(error);
      return;
    }
    this.considerAck();
  }

  private onFrame(content: Uint8Array): void {
    const received = this.state === "over" ? undefined : decodeFrame(content);
    if (received === undefined) return;
    switch (received.is) {
      case "refusal":
        this.fail(refusedError(received.message));
        break;
      case "goodbye":
        this.fail(new ConnectionError(`the hub ended the session: ${received.message.reason}`));
        break;
      case "welcome":
        if (this.state !== "greeting") throw new ProtocolError("Welcome within a session");
        this.welcomeBytes = LENGTH_BYTES + content.length;
        this.onWelcome(received.message);
        break;
      default:
        if (this.state !== "running") throw new ProtocolError(`${received.is} before Welcome`);
        this.onSessionFrame(received);
    }
  }

  private onSessionFrame(received: Received): void {
    switch (received.is) {
      case "chunk":
        this.onChunk(received.message);
        break;
      case "subscribed":
        this.onSubscribed(received.message);
        break;
      case "heartbeat":
        this.link.hubTime(received.message.sentAtMs);
        this.sendAck();
        break;
      default:
        throw new ProtocolError(`frame that is not the hub's to send: ${JSON.stringify(received.message)}`);
    }
  }

  private onWelcome(welcome: Welcome): void {
    if (welcome.protocolVersion !== PROTOCOL_VERSION) {
      throw new ProtocolError(
        `the hub chose protocol version ${welcome.protocolVersion}, this client speaks ${PROTOCOL_VERSION}`,
      );
    }
    if (!welcome.capabilities.includes(CAPABILITY_SUBSCRIBE)) {
      throw new ProtocolError(`the hub lacks the capability "${CAPABILITY_SUBSCRIBE}": it is too old`);
    }
    const heartbeatMs = welcome.heartbeatIntervalMs || HEARTBEAT_MS_DEFAULT;
    if (heartbeatMs < HEARTBEAT_MS_MIN || heartbeatMs > HEARTBEAT_MS_MAX) {
      throw new ProtocolError(
        `heartbeat interval of ${heartbeatMs} ms, allowed are ${HEARTBEAT_MS_MIN} to ${HEARTBEAT_MS_MAX}`,
      );
    }
    const credit = welcome.creditBytes || CREDIT_BYTES_DEFAULT;
    if (credit > LIMITS.creditBytes) {
      throw new ProtocolError(`credit of ${credit} bytes per feed, at most ${LIMITS.creditBytes} are allowed`);
    }
    this.state = "running";
    this.hubId = welcome.hubId;
    this.limits = blockLimits(welcome.batchBytesMax);
    this.creditBytes = credit;
    this.heartbeatTimer = setInterval(() => this.onInterval(heartbeatMs), heartbeatMs);
    this.link.welcomed(welcome.hubId);
  }

  private onSubscribed(subscribed: Subscribed): void {
    const feed = this.byTag.get(subscribed.tag);
    const opened = subscribed.feed;
    if (opened === undefined) {
      if (subscribed.refusal === undefined) throw new ProtocolError("Subscribed with neither a feed nor a refusal");
      if (feed === undefined) return;
      this.byTag.delete(feed.tag);
      feed.sink.refused(refusedError(subscribed.refusal));
      return;
    }
    if (this.byId.has(opened.id)) throw new ProtocolError(`feed ${opened.id} was opened twice`);
    // Also for one that was given up meanwhile: its chunks have to be known.
    const known = feed ?? ({ tag: subscribed.tag } as SessionFeed);
    known.id = opened.id;
    known.assembler = new BlockAssembler(opened.id, this.limits.blockBytes, this.creditBytes);
    this.byId.set(opened.id, known);
    feed?.sink.opened({
      fingerprint: opened.fingerprint,
      resumedFrom: opened.resumedFrom,
      resetReason: opened.resetReason,
      hubId: this.hubId,
      databaseBytes: opened.bytes,
    });
  }

  private onChunk(chunk: Chunk): void {
    const feed = this.byId.get(chunk.feed);
    if (feed?.assembler === undefined) throw new ProtocolError(`chunk of feed ${chunk.feed}, unknown`);
    if (this.byTag.get(feed.tag) !== feed) return;
    const block = feed.assembler.add(chunk);
    if (block === undefined) return;
    const number = feed.assembler.batch;
    const batch = decodeBatch(decodeBlock(block, this.limits));
    this.link.hubTime(batch.pulledAtMs);
    feed.assembler.taken(number);
    feed.taken = number;
    feed.behind = !batch.frontier;
    feed.sink.received(batch, () => this.stored(feed, number));
    this.progressed = true;
  }

  private stored(feed: SessionFeed, number: number): void {
    if (this.state !== "running" || number <= feed.applied) return;
    feed.applied = number;
    this.progressed = true;
    this.considerAck();
  }

  // ---- Acks

  /** Promptly where the hub may wait for it, which is while more is on its way; otherwise soon. */
  private considerAck(): void {
    if (this.state !== "running") return;
    const unacked = this.receivedBytes - this.ackedBytes;
    if (unacked === 0 && !this.progressed) return;
    if (unacked >= ACK_BYTES || this.moreIsComing()) this.sendAck();
    else this.ackTimer ??= setTimeout(() => this.sendAck(), ACK_DELAY_MS);
  }

  private moreIsComing(): boolean {
    for (const feed of this.byTag.values()) if (feed.behind || feed.assembler?.within) return true;
    return false;
  }

  private get receivedBytes(): number {
    return this.linkBytes - this.welcomeBytes;
  }

  private sendAck(): void {
    clearTimeout(this.ackTimer);
    this.ackTimer = undefined;
    this.progressed = false;
    this.ackedBytes = this.receivedBytes;
    const feeds = [];
    for (const feed of this.byTag.values()) {
      if (feed.taken === feed.ackedTaken && feed.applied === feed.ackedApplied) continue;
      feed.ackedTaken = feed.taken;
      feed.ackedApplied = feed.applied;
      feeds.push({ feed: feed.id, taken: feed.taken, applied: feed.applied });
    }
    const delayUs = Math.round((performance.now() - this.lastBytesAtMs) * 1000);
    this.sendFrames([encodeAck({ receivedBytes: this.ackedBytes, feeds, delayUs })]);
  }

  // ---- Heartbeats

  private onInterval(intervalMs: number): void {
    // The interval that just ended is the first whole one only if nothing came within it.
    if (this.silentIntervals++ >= SILENT_INTERVALS_MAX) {
      this.fail(new ConnectionError(`nothing heard from the hub for ${intervalMs * SILENT_INTERVALS_MAX} ms`));
      return;
    }
    if (!this.sentSinceHeartbeat) this.sendFrames([encodeHeartbeat(Date.now())]);
    this.sentSinceHeartbeat = false;
  }

  private sendFrames(contents: Uint8Array[]): void {
    const frames = contents.map(frameOf);
    const bytes = new Uint8Array(frames.reduce((sum, frame) => sum + frame.length, 0));
    let at = 0;
    for (const frame of frames) {
      bytes.set(frame, at);
      at += frame.length;
    }
    this.sentSinceHeartbeat = true;
    this.link.send(bytes);
  }

  private fail(error: ReplicatorError): void {
    if (this.state !== "over") this.link.failed(error);
  }
}

function subscribeOf(feed: SessionFeed): Uint8Array {
  const { database, patterns, held } = feed.sink;
  return encodeSubscribe({ tag: feed.tag, database, include: patterns.map(utf8), resume: held });
}

function refusedError(refusal: Refusal): RefusedError {
  return new RefusedError(refusal.reason, refusal.detail || `the hub refused: ${refusal.reason}`);
}
