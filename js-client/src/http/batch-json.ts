import { ProtocolError } from "../errors.js";
import { type Cursor, parseCursor } from "../model/cursor.js";
import { type Batch, type Change, type DataType, type FieldValue, isCollection, type Scalar, TYPES } from "../model/record.js";
import { type Binary, binaryOf, escapedName, fromBase64, nameOf, utf8 } from "../wire/bytes.js";

/** A batch as HTTP has it; docs of the gateway's JSON form say more. */
interface BatchJson {
  from?: string;
  cursor: string;
  caughtUp: boolean;
  reset?: boolean;
  entries: EntryJson[];
}

/** A whole entry (`v`), what changed of a collection (`set`, `del`, `t`), or a key that is gone (`d`). */
interface EntryJson {
  k: string;
  y?: string;
  b?: boolean;
  t?: number | null;
  v?: unknown;
  set?: unknown;
  del?: string[];
  d?: boolean;
}

/**
 * @param nowMs from which times to live are counted
 * @throws ProtocolError where `text` is no batch
 */
export function parseBatch(text: string, nowMs: number): Batch {
  let batch: Batch;
  try {
    batch = batchOf(JSON.parse(text) as BatchJson, nowMs, text.length);
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause;
    throw new ProtocolError(`no batch as JSON: ${(cause as Error).message}: ${text.slice(0, 80)}`, { cause });
  }
  return batch;
}

function batchOf(json: BatchJson, nowMs: number, sizeBytes: number): Batch {
  const from = json.from === undefined || json.reset ? undefined : cursorOf(json.from);
  const to = cursorOf(json.cursor);
  const changes: Change[] = [];
  for (const entry of json.entries) addChanges(entry, nowMs, changes);
  // Whether the last key goes on is not said: in a load it may.
  return { from, to, frontier: json.caughtUp, openKey: to.position !== undefined, changes, pulledAtMs: 0, sizeBytes };
}

function cursorOf(text: string): Cursor {
  const cursor = parseCursor(text);
  if (cursor === undefined) throw new ProtocolError(`"${text.slice(0, 80)}" is no cursor`);
  return cursor;
}

function addChanges(json: EntryJson, nowMs: number, changes: Change[]): void {
  const texts = json.b ? BASE64 : UTF8;
  const key = texts.name(json.k);
  if (json.d) {
    changes.push({ is: "deletedKey", key });
    return;
  }
  const type = json.y as DataType;
  if (!TYPES.includes(type)) throw new ProtocolError(`type "${json.y}" of key ${json.k}`);
  const expiresAtMs = typeof json.t === "number" ? nowMs + json.t : 0;
  if (json.v !== undefined) {
    const value = isCollection(type) ? undefined : scalarOf(type, json.v, texts);
    changes.push({ is: "header", key, type, value, expiresAtMs, replaces: true });
    if (value === undefined) addFields(key, type, json.v, texts, changes);
    return;
  }
  if (json.t !== undefined) {
    changes.push({ is: "header", key, type, value: undefined, expiresAtMs, replaces: false });
  }
  if (json.set !== undefined) addFields(key, type, json.set, texts, changes);
  for (const name of json.del ?? []) {
    changes.push({ is: "deletedField", key, type, field: type === "stream" ? name : texts.name(name) });
  }
}

function addFields(key: string, type: DataType, value: unknown, texts: Texts, changes: Change[]): void {
  const add = (field: string, held: FieldValue) => changes.push({ is: "field", key, type, field, value: held });
  switch (type) {
    case "hash":
      for (const [field, text] of Object.entries(value as object)) add(texts.name(field), texts.value(text as string));
      break;
    case "set":
      for (const member of value as string[]) add(texts.name(member), null);
      break;
    case "zset":
      for (const [member, score] of value as [string, number | string][]) add(texts.name(member), scoreOf(score));
      break;
    default:
      for (const [id, parts] of value as [string, string[]][]) add(id, parts.map(texts.value));
  }
}

function scalarOf(type: DataType, value: unknown, texts: Texts): Scalar {
  if (type === "list") return (value as string[]).map(texts.value);
  return type === "opaque" ? texts.bytes(value as string) : texts.value(value as string);
}

function scoreOf(score: number | string): number {
  if (typeof score === "number") return score;
  return score === "inf" ? Infinity : score === "-inf" ? -Infinity : NaN;
}

/** How the bytes of one entry are written. */
interface Texts {
  name(text: string): string;
  value(text: string): Binary;
  bytes(text: string): Uint8Array;
}

const UTF8: Texts = { name: escapedName, value: (text) => text, bytes: utf8 };
const BASE64: Texts = {
  name: (text) => nameOf(fromBase64(text)),
  value: (text) => binaryOf(fromBase64(text)),
  bytes: fromBase64,
};
