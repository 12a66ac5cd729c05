import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { ProtocolError } from "../errors.js";
import type { Cursor } from "../model/cursor.js";

/*
 * The messages of replicator.proto that a client of capability "subscribe" reads and writes, mapped by hand: generated
 * code and its runtime would be several times the size of this package. Unknown fields and unknown messages are passed
 * over. The golden bytes of protocol/src/test/resources are tests of this file too.
 */

export const PROTOCOL_VERSION = 1;
export const CAPABILITY_SUBSCRIBE = "subscribe";

export interface Hello {
  capabilities: string[];
  clientId: string;
  clientName: string;
  /** How long an ack may be held back. */
  ackDelayMaxMs: number;
}

export interface Subscribe {
  tag: number;
  database: string;
  include: Uint8Array[];
  resume?: { fingerprint: string; cursor: Cursor } | undefined;
}

export interface Ack {
  receivedBytes: number;
  feeds: { feed: number; taken: number; applied: number }[];
  /** How long ago the last of those bytes came. */
  delayUs: number;
}

export interface Welcome {
  protocolVersion: number;
  capabilities: string[];
  hubId: string;
  epoch: bigint;
  heartbeatIntervalMs: number;
  batchBytesMax: number;
  sessionId: bigint;
  creditBytes: number;
}

export interface Feed {
  id: number;
  fingerprint: string;
  resumedFrom: Cursor | undefined;
  resetReason: string;
  /** Of the whole database. */
  bytes: number;
}

export interface Refusal {
  reason: string;
  detail: string;
  protocolVersionMin: number;
  protocolVersionMax: number;
}

export interface Subscribed {
  tag: number;
  feed: Feed | undefined;
  refusal: Refusal | undefined;
}

export interface Chunk {
  feed: number;
  batch: number;
  blockBytes: number;
  last: boolean;
  /** A slice of what was read. */
  payload: Uint8Array;
}

export interface Heartbeat {
  sentAtMs: number;
}

export type Received =
  | { is: "welcome"; message: Welcome }
  | { is: "refusal"; message: Refusal }
  | { is: "chunk"; message: Chunk }
  | { is: "heartbeat"; message: Heartbeat }
  | { is: "goodbye"; message: { reason: string } }
  | { is: "subscribed"; message: Subscribed }
  | { is: "unexpected"; message: { field: number } };

const FRAME = {
  hello: 1,
  welcome: 2,
  refusal: 3,
  chunk: 4,
  ack: 5,
  heartbeat: 6,
  dictionary: 7,
  goodbye: 8,
  subscribe: 9,
  subscribed: 10,
  unsubscribe: 11,
} as const;

const REFUSAL_REASONS = [
  "UNSPECIFIED",
  "UNSUPPORTED_VERSION",
  "MALFORMED",
  "LIMIT_EXCEEDED",
  "UNKNOWN_DATABASE",
  "HANDSHAKE_TIMEOUT",
  "TOO_MANY_SESSIONS",
  "SHUTTING_DOWN",
];

// ---- Written

function frame(field: number, write: (out: BinaryWriter) => void): Uint8Array {
  const out = new BinaryWriter();
  out.tag(field, WireType.LengthDelimited).fork();
  write(out);
  return out.join().finish();
}

function putString(out: BinaryWriter, field: number, text: string): void {
  if (text !== "") out.tag(field, WireType.LengthDelimited).string(text);
}

function putUint(out: BinaryWriter, field: number, value: number): void {
  if (value !== 0) out.tag(field, WireType.Varint).uint64(value);
}

export function encodeCursor(cursor: Cursor, out = new BinaryWriter()): BinaryWriter {
  if (cursor.epoch !== 0n) out.tag(1, WireType.Bit64).fixed64(cursor.epoch);
  if (cursor.version !== 0n) out.tag(2, WireType.Varint).uint64(cursor.version);
  if (cursor.position !== undefined) out.tag(3, WireType.LengthDelimited).bytes(cursor.position);
  return out;
}

export function encodeHello(hello: Hello): Uint8Array {
  return frame(FRAME.hello, (out) => {
    putUint(out, 1, PROTOCOL_VERSION);
    for (const name of hello.capabilities) out.tag(2, WireType.LengthDelimited).string(name);
    putString(out, 3, hello.clientId);
    putString(out, 4, hello.clientName);
    putUint(out, 7, hello.ackDelayMaxMs);
  });
}

export function encodeSubscribe(subscribe: Subscribe): Uint8Array {
  return frame(FRAME.subscribe, (out) => {
    putUint(out, 1, subscribe.tag);
    putString(out, 2, subscribe.database);
    for (const glob of subscribe.include) out.tag(3, WireType.LengthDelimited).bytes(glob);
    const resume = subscribe.resume;
    if (resume !== undefined) {
      out.tag(4, WireType.LengthDelimited).fork();
      putString(out, 1, subscribe.database);
      putString(out, 2, resume.fingerprint);
      encodeCursor(resume.cursor, out.tag(3, WireType.LengthDelimited).fork()).join();
      out.join();
    }
  });
}

export function encodeUnsubscribe(tag: number): Uint8Array {
  return frame(FRAME.unsubscribe, (out) => putUint(out, 1, tag));
}

export function encodeAck(ack: Ack): Uint8Array {
  return frame(FRAME.ack, (out) => {
    putUint(out, 1, ack.receivedBytes);
    for (const feed of ack.feeds) {
      out.tag(2, WireType.LengthDelimited).fork();
      putUint(out, 1, feed.feed);
      putUint(out, 2, feed.taken);
      putUint(out, 3, feed.applied);
      out.join();
    }
    putUint(out, 3, ack.delayUs);
  });
}

export function encodeHeartbeat(sentAtMs: number): Uint8Array {
  return frame(FRAME.heartbeat, (out) => putUint(out, 1, sentAtMs));
}

export function encodeGoodbye(reason: string): Uint8Array {
  return frame(FRAME.goodbye, (out) => putString(out, 1, reason));
}

// ---- Read

const RECEIVED: { [field: number]: (bytes: Uint8Array) => Received } = {
  [FRAME.welcome]: (bytes) => ({ is: "welcome", message: decodeWelcome(bytes) }),
  [FRAME.refusal]: (bytes) => ({ is: "refusal", message: decodeRefusal(bytes) }),
  [FRAME.chunk]: (bytes) => ({ is: "chunk", message: decodeChunk(bytes) }),
  [FRAME.heartbeat]: (bytes) => ({ is: "heartbeat", message: decodeHeartbeat(bytes) }),
  [FRAME.goodbye]: (bytes) => ({ is: "goodbye", message: decodeGoodbye(bytes) }),
  [FRAME.subscribed]: (bytes) => ({ is: "subscribed", message: decodeSubscribed(bytes) }),
};
for (const field of [FRAME.hello, FRAME.ack, FRAME.dictionary, FRAME.subscribe, FRAME.unsubscribe]) {
  RECEIVED[field] = () => ({ is: "unexpected", message: { field } });
}

/** The message of a frame; undefined for one that this version does not know. */
export function decodeFrame(content: Uint8Array): Received | undefined {
  let received: Received | undefined;
  eachField(content, "Frame", (field, wireType, reader) => {
    const decode = RECEIVED[field];
    if (decode === undefined || wireType !== WireType.LengthDelimited) return false;
    received = decode(reader.bytes());
    return true;
  });
  return received;
}

/** How the value of a field is read, with the wire type that it must have; in any other it is passed over. */
const KINDS = {
  uint32: [WireType.Varint, (reader: BinaryReader) => reader.uint32()],
  uint64: [WireType.Varint, (reader: BinaryReader) => BigInt(reader.uint64())],
  /** Exact up to 2^53. */
  number: [WireType.Varint, (reader: BinaryReader) => Number(reader.uint64())],
  bool: [WireType.Varint, (reader: BinaryReader) => reader.bool()],
  fixed32: [WireType.Bit32, (reader: BinaryReader) => reader.fixed32()],
  fixed64: [WireType.Bit64, (reader: BinaryReader) => BigInt(reader.fixed64())],
  string: [WireType.LengthDelimited, (reader: BinaryReader) => reader.string()],
  bytes: [WireType.LengthDelimited, (reader: BinaryReader) => reader.bytes()],
} as const;

type Kind = keyof typeof KINDS;

/** Fields of a message by number: where each goes, and what it is. The last of several counts. */
export type Fields<Message> = { [number: number]: readonly [keyof Message & string, Kind | ((bytes: Uint8Array) => unknown)] };

/** Fills `message`, which holds what absent fields stand for. */
export function decodeFields<Message extends object>(
  name: string,
  bytes: Uint8Array,
  message: Message,
  fields: Fields<Message>,
): Message {
  eachField(bytes, name, (number, wireType, reader) => {
    const field = fields[number];
    if (field === undefined) return false;
    const [target, kind] = field;
    const [expected, read] = typeof kind === "string" ? KINDS[kind] : KINDS.bytes;
    if (wireType !== expected) return false;
    const value = read(reader);
    const into = message as Record<string, unknown>;
    const held = into[target];
    if (Array.isArray(held)) held.push(value);
    else into[target] = typeof kind === "string" ? value : kind(value as Uint8Array);
    return true;
  });
  return message;
}

function decodeWelcome(bytes: Uint8Array): Welcome {
  const welcome: Welcome = {
    protocolVersion: 0,
    capabilities: [],
    hubId: "",
    epoch: 0n,
    heartbeatIntervalMs: 0,
    batchBytesMax: 0,
    sessionId: 0n,
    creditBytes: 0,
  };
  return decodeFields("Welcome", bytes, welcome, {
    1: ["protocolVersion", "uint32"],
    2: ["capabilities", "string"],
    3: ["hubId", "string"],
    4: ["epoch", "fixed64"],
    7: ["heartbeatIntervalMs", "uint32"],
    8: ["batchBytesMax", "uint32"],
    9: ["sessionId", "uint64"],
    10: ["creditBytes", "uint32"],
  });
}

function decodeSubscribed(bytes: Uint8Array): Subscribed {
  const subscribed: Subscribed = { tag: 0, feed: undefined, refusal: undefined };
  return decodeFields("Subscribed", bytes, subscribed, {
    1: ["tag", "uint32"],
    2: ["feed", decodeFeed],
    3: ["refusal", decodeRefusal],
  });
}

function decodeFeed(bytes: Uint8Array): Feed {
  const feed: Feed = { id: 0, fingerprint: "", resumedFrom: undefined, resetReason: "", bytes: 0 };
  return decodeFields("Feed", bytes, feed, {
    1: ["id", "uint32"],
    6: ["fingerprint", "string"],
    7: ["resumedFrom", decodeCursor],
    8: ["resetReason", "string"],
    11: ["bytes", "number"],
  });
}

function decodeRefusal(bytes: Uint8Array): Refusal {
  const refusal = { reason: 0, detail: "", protocolVersionMin: 0, protocolVersionMax: 0 };
  decodeFields("Refusal", bytes, refusal, {
    1: ["reason", "uint32"],
    2: ["detail", "string"],
    3: ["protocolVersionMin", "uint32"],
    4: ["protocolVersionMax", "uint32"],
  });
  return { ...refusal, reason: REFUSAL_REASONS[refusal.reason] ?? REFUSAL_REASONS[0] };
}

function decodeChunk(bytes: Uint8Array): Chunk {
  const chunk: Chunk = { feed: 0, batch: 0, blockBytes: 0, last: false, payload: bytes.subarray(0, 0) };
  return decodeFields("Chunk", bytes, chunk, CHUNK);
}

const CHUNK: Fields<Chunk> = {
  1: ["feed", "uint32"],
  2: ["batch", "number"],
  3: ["blockBytes", "uint32"],
  4: ["last", "bool"],
  5: ["payload", "bytes"],
};

function decodeHeartbeat(bytes: Uint8Array): Heartbeat {
  return decodeFields("Heartbeat", bytes, { sentAtMs: 0 }, { 1: ["sentAtMs", "number"] });
}

function decodeGoodbye(bytes: Uint8Array): { reason: string } {
  return decodeFields("Goodbye", bytes, { reason: "" }, { 1: ["reason", "string"] });
}

/** Undefined for a default message, which stands for nothing. */
export function decodeCursor(bytes: Uint8Array): Cursor | undefined {
  const cursor: { epoch: bigint; version: bigint; position: Uint8Array | undefined } = {
    epoch: 0n,
    version: 0n,
    position: undefined,
  };
  decodeFields("Cursor", bytes, cursor, {
    1: ["epoch", "fixed64"],
    2: ["version", "uint64"],
    3: ["position", "bytes"],
  });
  const { epoch, version, position } = cursor;
  if (version >= 1n << 63n) throw new ProtocolError(`cursor at version ${version}, at most 2^63 - 1 is allowed`);
  if (position !== undefined) return { epoch, version, position: position.slice() };
  return epoch === 0n && version === 0n ? undefined : { epoch, version };
}

/**
 * Calls `read` for each field, which either reads its value and returns true, or returns false to have it passed over.
 * Whatever the reader finds wrong becomes a {@link ProtocolError}.
 */
export function eachField(
  bytes: Uint8Array,
  message: string,
  read: (field: number, wireType: WireType, reader: BinaryReader) => boolean,
): void {
  const reader = new BinaryReader(bytes);
  try {
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (!read(field, wireType, reader)) reader.skip(wireType, field);
      if (reader.pos > reader.len) throw new RangeError("premature end");
    }
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause;
    throw new ProtocolError(`the ${bytes.length} bytes are no ${message}: ${(cause as Error).message}`, { cause });
  }
}
