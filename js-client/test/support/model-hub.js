// A hub's store by the rules of the design, small enough to be seen to be right: what a copy is compared with.
import { layParts, score, streamId } from "./batches.js";

const FIELD_NAMES = ["a", "b", "c", "ü", Uint8Array.of(0xff, 1)];
const text = (bytes) => (typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("latin1"));

export class ModelHub {
  epoch = 1n;
  head = 0;
  /** Text of the key to {key, type, generation, version, expiresAtMs, value, fields}; type undefined for a tombstone. */
  keys = new Map();

  constructor(random, keyCount = 12) {
    this.random = random;
    this.names = Array.from({ length: keyCount }, (_, i) => `key:${i}`).concat([Uint8Array.of(0xfe, 0x80), "base64:AA=="]);
  }

  // ---- Changes of the source

  change() {
    const { random } = this;
    const key = random.pick(this.names);
    const now = this.keys.get(text(key));
    const action = random.int(10);
    if (action < 2 && now?.type) this.delete(key);
    else if (action < 4 || !now?.type) this.replace(key);
    else if (action < 5) this.expire(now);
    else if (now.fields) this.changeField(now);
    else this.replace(key);
  }

  delete(key) {
    this.keys.set(text(key), { key, version: ++this.head, generation: this.head, fields: new Map() });
  }

  replace(key) {
    const { random } = this;
    const type = random.pick(["string", "string", "list", "hash", "set", "zset", "stream"]);
    const generation = ++this.head;
    const row = { key, type, generation, version: generation, expiresAtMs: random.chance(0.2) ? FAR + random.int(1000) : 0 };
    if (type === "string") row.value = random.chance(0.1) ? Uint8Array.of(0xff, random.int(256)) : `v${random.int(20)}`;
    else if (type === "list") row.value = layParts(Array.from({ length: 1 + random.int(3) }, () => `e${random.int(9)}`));
    else row.fields = new Map();
    this.keys.set(text(key), row);
    if (row.fields) for (let i = 0; i <= random.int(4); i++) this.putField(row);
  }

  expire(row) {
    row.version = ++this.head;
    row.expiresAtMs = this.random.chance(0.5) ? FAR + this.random.int(1000) : 0;
  }

  changeField(row) {
    const live = [...row.fields.values()].filter((field) => !field.deleted);
    if (live.length > 1 && this.random.chance(0.4)) {
      const field = this.random.pick(live);
      field.deleted = true;
      field.version = ++this.head;
    } else {
      this.putField(row);
    }
  }

  putField(row) {
    const { random } = this;
    const name = row.type === "stream" ? streamId(1700000000000 + random.int(9), random.int(3)) : random.pick(FIELD_NAMES);
    const value = {
      hash: () => `v${random.int(9)}`,
      set: () => "",
      zset: () => score(random.pick([1, -2.5, Infinity, 0])),
      stream: () => layParts(["f", `v${random.int(9)}`]),
    }[row.type]();
    row.fields.set(text(name), { name, value, version: ++this.head, deleted: false });
  }

  /** Versions so far can no longer be continued from. */
  newEpoch() {
    this.epoch++;
  }

  // ---- Pulls

  admits(cursor) {
    return cursor !== undefined && cursor.epoch === this.epoch;
  }

  pull(cursor, recordsMax) {
    if (!this.admits(cursor)) return this.load(undefined, { epoch: this.epoch, version: BigInt(this.head), position: new Uint8Array(0) }, recordsMax);
    return cursor.position ? this.load(cursor, cursor, recordsMax) : this.delta(cursor, recordsMax);
  }

  delta(from, recordsMax) {
    const after = Number(from.version);
    const rows = [];
    for (const row of this.keys.values()) {
      const { key, type } = row;
      if (type === undefined) {
        if (row.version > after) rows.push([row.version, { is: "deletedKey", key }]);
        continue;
      }
      const replaces = row.generation > after;
      if (replaces) rows.push([row.generation, headerOf(row, true)]);
      else if (row.version > after) rows.push([row.version, headerOf(row, !row.fields)]);
      for (const { name, value, version, deleted } of row.fields?.values() ?? []) {
        if (version <= after) continue;
        if (!deleted) rows.push([version, { is: "field", key, type, field: name, value }]);
        else if (!replaces) rows.push([version, { is: "deletedField", key, type, field: name }]);
      }
    }
    rows.sort((a, b) => a[0] - b[0]);
    const atEnd = rows.length <= recordsMax;
    const taken = atEnd ? rows : rows.slice(0, recordsMax);
    const version = atEnd ? this.head : taken[taken.length - 1][0];
    const to = { epoch: this.epoch, version: BigInt(version) };
    return { from, to, frontier: atEnd, records: taken.map(([, record]) => record) };
  }

  load(from, { version, position }, recordsMax) {
    const began = Number(version);
    const after = Buffer.from(position).toString("latin1");
    const rows = [];
    for (const row of this.keys.values()) {
      const { key, type } = row;
      if (type === undefined || row.generation > began) continue;
      const at = text(key);
      rows.push([`${at}\0`, row.version <= began && headerOf(row, true), at]);
      for (const { name, value, version: changed, deleted } of row.fields?.values() ?? []) {
        const record = !deleted && changed <= began && { is: "field", key, type, field: name, value };
        rows.push([`${at}\0\x01${text(name)}`, record, at]);
      }
    }
    const following = rows.filter(([place]) => place > after).sort((a, b) => (a[0] < b[0] ? -1 : 1));
    const taken = following.slice(0, recordsMax);
    const next = following[taken.length];
    const records = taken.map(([, record]) => record).filter(Boolean);
    const atEnd = next === undefined;
    const last = taken[taken.length - 1];
    const to = atEnd ? { epoch: this.epoch, version } : { epoch: this.epoch, version, position: Buffer.from(last[0], "latin1") };
    return { from, to, records, openKey: !atEnd && next[2] === last[2], frontier: atEnd && began === this.head };
  }

  // ---- What a copy has to show

  content() {
    const content = new Map();
    for (const row of this.keys.values()) if (row.type !== undefined) content.set(nameOf(row.key), valueOf(row));
    return content;
  }
}

const FAR = 4_000_000_000_000;

function headerOf({ key, type, value, expiresAtMs }, replaces) {
  return { is: "header", key, type, value, expiresAtMs, replaces };
}

function nameOf(bytes) {
  if (typeof bytes === "string") return bytes.startsWith("base64:") ? "base64:" + Buffer.from(bytes).toString("base64") : bytes;
  return "base64:" + Buffer.from(bytes).toString("base64");
}

/** As a program sees it, in one order. */
function valueOf({ type, value, fields }) {
  if (type === "string") return value;
  if (type === "list") return elementsOf(value);
  const live = [...fields.values()].filter((field) => !field.deleted);
  switch (type) {
    case "hash":
      return Object.fromEntries(live.map(({ name, value }) => [nameOf(name), value]));
    case "set":
      return live.map(({ name }) => name);
    case "zset":
      return live.map(({ name, value }) => [name, Buffer.from(value).readDoubleBE()]);
    default:
      return live.map(({ name, value }) => [idOf(name), elementsOf(value)]);
  }
}

function elementsOf(value) {
  const elements = [];
  for (let at = 0; at < value.length; at += 1 + value[at]) elements.push(Buffer.from(value.subarray(at + 1, at + 1 + value[at])).toString());
  return elements;
}

function idOf(name) {
  const bytes = Buffer.from(name);
  return `${bytes.readBigUInt64BE(0)}-${bytes.readBigUInt64BE(8)}`;
}

/** The value without its order, where the type has none or another one. */
export function canonical(value) {
  if (value instanceof Uint8Array) return "bytes " + Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(canonical).map((part) => JSON.stringify(part)).sort();
  if (typeof value === "object") return Object.entries(value).map(([field, held]) => `${field}=${held}`).sort();
  return Object.is(value, Infinity) ? "inf" : value;
}

export function canonicalMap(map) {
  return [...map].map(([key, value]) => [key, canonical(value)]).sort((a, b) => (a[0] < b[0] ? -1 : 1));
}
