// Batches as a hub writes them, for tests: the plain bytes of a block, the block, its chunks.
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { crc32c } from "../../lib/wire/crc32c.js";
import { frameOf } from "../../lib/wire/frames.js";
import { encodeCursor } from "../../lib/wire/messages.js";

const TYPE_CODES = { string: 1, list: 2, hash: 3, set: 4, zset: 5, stream: 6, opaque: 7 };
const bytesOf = (value) => (typeof value === "string" ? new TextEncoder().encode(value) : value);

/** Names against their predecessors. */
class Names {
  shared = [];
  rest = [];
  bytes = [];
  before = new Uint8Array(0);

  add(name) {
    let share = 0;
    while (share < name.length && share < this.before.length && name[share] === this.before[share]) share++;
    this.shared.push(share);
    this.rest.push(name.length - share);
    this.bytes.push(...name.subarray(share));
    this.before = name;
  }
}

/** LEB128 lengths and bytes. */
export function layParts(parts) {
  const out = new BinaryWriter();
  for (const part of parts) out.bytes(bytesOf(part));
  return out.finish();
}

export function score(value) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return bytes;
}

export function streamId(ms, seq) {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(ms));
  new DataView(bytes.buffer).setBigUint64(8, BigInt(seq));
  return bytes;
}

/**
 * The plain bytes of a batch. Records: {header, type, value?, expiresAtMs?, replaces?}, {field, key, type, value},
 * {deletedKey}, {deletedField, key, type}; the key is in `key`.
 */
export function encodeBatch({ from, to, frontier = false, openKey = false, records = [], pulledAtMs = 0 }) {
  const kinds = [];
  const keys = new Names();
  const fields = new Names();
  const lengths = [];
  const values = [];
  const expiries = [];
  const versions = [];
  let keyBefore;
  let expiry = 0;
  const versioned = from !== undefined && from.position === undefined;
  for (const record of records) {
    const what = ["header", "field", "deletedKey", "deletedField"].indexOf(record.is);
    let kind = what | ((TYPE_CODES[record.type] ?? 0) << 2);
    const key = bytesOf(record.key);
    if (keyBefore !== undefined && Buffer.compare(keyBefore, key) === 0) kind |= 0x80;
    else keys.add(key);
    keyBefore = key;
    if (record.is === "field" || record.is === "deletedField") fields.add(bytesOf(record.field));
    const collection = ["hash", "set", "zset", "stream"].includes(record.type);
    if (record.is === "field" || (record.is === "header" && !collection)) {
      const value = bytesOf(record.value);
      lengths.push(value.length);
      values.push(...value);
    }
    if (record.is === "header" && record.expiresAtMs) {
      kind |= 0x20;
      expiries.push(record.expiresAtMs - expiry);
      expiry = record.expiresAtMs;
    }
    if (record.replaces) kind |= 0x40;
    if (versioned) versions.push(1);
    kinds.push(kind);
  }
  const out = new BinaryWriter();
  const column = (number, bytes) => bytes.length > 0 && out.tag(number, WireType.LengthDelimited).bytes(Uint8Array.from(bytes));
  const packed = (number, numbers, write) => {
    if (numbers.length === 0) return;
    out.tag(number, WireType.LengthDelimited).fork();
    for (const value of numbers) write(value);
    out.join();
  };
  if (from !== undefined) encodeCursor(from, out.tag(1, WireType.LengthDelimited).fork()).join();
  encodeCursor(to, out.tag(2, WireType.LengthDelimited).fork()).join();
  if (frontier) out.tag(3, WireType.Varint).bool(true);
  if (openKey) out.tag(4, WireType.Varint).bool(true);
  column(5, kinds);
  if (keys.shared.some((share) => share > 0)) packed(6, keys.shared, (n) => out.uint32(n));
  packed(7, keys.rest, (n) => out.uint32(n));
  column(8, keys.bytes);
  if (fields.shared.some((share) => share > 0)) packed(9, fields.shared, (n) => out.uint32(n));
  packed(10, fields.rest, (n) => out.uint32(n));
  column(11, fields.bytes);
  packed(12, lengths, (n) => out.uint32(n));
  column(13, values);
  packed(14, expiries, (n) => out.sint64(n));
  packed(15, versions, (n) => out.sint64(n));
  if (pulledAtMs) out.tag(16, WireType.Varint).uint64(pulledAtMs);
  return out.finish();
}

/** A plain Block message. */
export function encodeBlock(plain) {
  const out = new BinaryWriter();
  if (plain.length > 0) out.tag(2, WireType.Varint).uint32(plain.length);
  out.tag(3, WireType.Bit32).fixed32(crc32c(plain));
  if (plain.length > 0) out.tag(5, WireType.LengthDelimited).bytes(plain);
  return out.finish();
}

/** The frames of a block's chunks. */
export function encodeChunks(feed, batch, block, chunkBytes = 1024) {
  const frames = [];
  for (let at = 0; at < block.length; at += chunkBytes) {
    const to = Math.min(block.length, at + chunkBytes);
    frames.push(
      frame(4, (out) => {
        out.tag(1, WireType.Varint).uint32(feed);
        out.tag(2, WireType.Varint).uint64(batch);
        if (at === 0) out.tag(3, WireType.Varint).uint32(block.length);
        if (to === block.length) out.tag(4, WireType.Varint).bool(true);
        out.tag(5, WireType.LengthDelimited).bytes(block.subarray(at, to));
      }),
    );
  }
  return frames;
}

/** A frame with its length, of the message with that field number. */
export function frame(field, write) {
  const out = new BinaryWriter();
  out.tag(field, WireType.LengthDelimited).fork();
  write(out);
  return frameOf(out.join().finish());
}
