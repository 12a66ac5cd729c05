import { BASE64_PREFIX, type Binary, binaryOfName, bytesOfName, compareBytes } from "../wire/bytes.js";
import { type DataType, type FieldValue, isCollection, type Scalar } from "./record.js";

/**
 * What a key holds, as programs see it:
 *
 * | type | value |
 * |---|---|
 * | string | a string; a Uint8Array where the bytes are not UTF-8, as for every string below |
 * | hash | an object without a prototype, field to string |
 * | list | an array of strings |
 * | set | an array of strings, in no particular order |
 * | zset | an array of [member, score], by score, then member |
 * | stream | an array of [id, [field, value, field, value …]], by id |
 * | opaque | a Uint8Array: what Redis' DUMP returns |
 */
export type Value =
  | Binary
  | Binary[]
  | { [field: string]: Binary }
  | [Binary, number][]
  | [string, Binary[]][];

/** One key of a copy. */
export class Entry {
  fields: Map<string, FieldValue> | undefined;
  expiresAtMs = 0;
  /** Its expiry has come. Stays so, whatever clocks do, until the hub says something else. */
  lapsed = false;
  /** Not seen by programs: lapsed, or a collection that has not got its fields yet. */
  hidden = true;
  /** Counts the changes of its fields. */
  revision = 0;
  private cached: Value | undefined;

  constructor(
    readonly key: string,
    readonly type: DataType,
    readonly scalar: Scalar | undefined,
  ) {
    this.fields = isCollection(type) ? new Map() : undefined;
  }

  /** Whether it is something that a source can hold: only streams exist without content. */
  get exists(): boolean {
    return !this.lapsed && (this.fields === undefined || this.fields.size > 0 || this.type === "stream");
  }

  setField(field: string, value: FieldValue): void {
    this.fields?.set(field, value);
    this.changed();
  }

  deleteField(field: string): void {
    this.fields?.delete(field);
    this.changed();
  }

  /** The value of `other`, which looks the same, stays the same object. */
  keepValueOf(other: Entry): void {
    this.cached = other.cached;
  }

  private changed(): void {
    this.revision++;
    this.cached = undefined;
  }

  /** The same object until the entry changes; a new one after. */
  get value(): Value {
    return (this.cached ??= this.fields === undefined ? (this.scalar as Value) : materialize(this.type, this.fields));
  }
}

function materialize(type: DataType, fields: Map<string, FieldValue>): Value {
  switch (type) {
    case "hash": {
      const object = Object.create(null) as { [field: string]: Binary };
      for (const [field, value] of fields) object[field] = value as Binary;
      return object;
    }
    case "set":
      return Array.from(fields.keys(), binaryOfName);
    case "zset":
      return Array.from(fields as Map<string, number>)
        .sort((a, b) => a[1] - b[1] || compareNames(a[0], b[0]))
        .map(([member, score]): [Binary, number] => [binaryOfName(member), score]);
    default:
      return Array.from(fields as Map<string, Binary[]>).sort((a, b) => compareStreamIds(a[0], b[0]));
  }
}

const SURROGATES = 0xd800;

/** In the order of their bytes. That of UTF-16 is the same but for surrogates, and needs no encoding: thousands are sorted. */
function compareNames(a: string, b: string): number {
  if (!a.startsWith(BASE64_PREFIX) && !b.startsWith(BASE64_PREFIX)) {
    const length = Math.min(a.length, b.length);
    let i = 0;
    while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
    if (i === length) return a.length - b.length;
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x < SURROGATES && y < SURROGATES) return x - y;
  }
  return compareBytes(bytesOfName(a), bytesOfName(b));
}

function compareStreamIds(a: string, b: string): number {
  const [aMs, aSeq] = a.split("-");
  const [bMs, bSeq] = b.split("-");
  return compareDecimals(aMs, bMs) || compareDecimals(aSeq, bSeq);
}

/** Without leading zeros and up to 20 digits: more than a number holds exactly. */
function compareDecimals(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** Whether two entries look the same to a program. */
export function sameValue(a: Entry, b: Entry): boolean {
  return a.type === b.type && (a.fields === undefined ? equal(a.scalar, b.scalar) : equalFields(a, b));
}

function equalFields(a: Entry, b: Entry): boolean {
  const [mine, others] = [a.fields, b.fields];
  if (mine === undefined || others === undefined || mine.size !== others.size) return false;
  for (const [field, value] of mine) {
    const other = others.get(field);
    if (other === undefined || !equal(value, other)) return false;
  }
  return true;
}

function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((part, i) => equal(part, b[i]));
  if (a instanceof Uint8Array) return b instanceof Uint8Array && compareBytes(a, b) === 0;
  return Number.isNaN(a) && Number.isNaN(b);
}
