import { WireType } from "@bufbuild/protobuf/wire";
import { ProtocolError } from "../errors.js";
import { type Cursor, isAt } from "../model/cursor.js";
import { type Batch, type Change, type DataType, type FieldValue, isCollection, type Scalar, TYPES } from "../model/record.js";
import { ColumnReader, NameColumn, ValueColumn } from "./columns.js";
import { LIMITS } from "./limits.js";
import { decodeCursor, eachField } from "./messages.js";
import { parts, scoreOf, streamIdOf } from "./layouts.js";
import { joinPieces } from "./pieces.js";

const NAMES = [
  "",
  "from",
  "to",
  "frontier",
  "open_key",
  "kinds",
  "key_shared",
  "key_rest",
  "keys",
  "field_shared",
  "field_rest",
  "fields",
  "value_lengths",
  "values",
  "expiries",
  "versions",
  "pulled_at_ms",
  "pieces",
];

const FIELD = {
  from: 1,
  to: 2,
  frontier: 3,
  openKey: 4,
  kinds: 5,
  keyShared: 6,
  keyRest: 7,
  keys: 8,
  fieldShared: 9,
  fieldRest: 10,
  fields: 11,
  valueLengths: 12,
  values: 13,
  expiries: 14,
  versions: 15,
  pulledAtMs: 16,
  pieces: 17,
} as const;

const HEADER = 0;
const ENTRY_FIELD = 1;
const DELETED_KEY = 2;

const HAS_EXPIRY = 0x20;
const REPLACES = 0x40;
const SAME_KEY = 0x80;

/** The batch in the plain bytes of a block. Nothing of it refers to `plain` afterwards. */
export function decodeBatch(plain: Uint8Array): Batch {
  return new BatchDecoder(plain).decode();
}

/** One decoding of one batch. The columns stay where they are. */
class BatchDecoder {
  private readonly columns: (ColumnReader | undefined)[] = [];
  private from: Cursor | undefined;
  private to: Cursor | undefined;
  private frontier = false;
  private openKey = false;
  private pulledAtMs = 0;

  constructor(private readonly plain: Uint8Array) {}

  decode(): Batch {
    this.readMessage();
    const { from, to, frontier, openKey, pulledAtMs } = this;
    if (to === undefined) throw new ProtocolError("batch leads to no cursor");
    if (isAt(from) && (!isAt(to) || to.epoch !== from.epoch || to.version < from.version)) {
      throw new ProtocolError(`batch leads from version ${from.version} to ${isAt(to) ? to.version : "a load"}`);
    }
    return { from, to, frontier, openKey, pulledAtMs, changes: this.readChanges(), sizeBytes: this.plain.length };
  }

  private readMessage(): void {
    eachField(this.plain, "Batch", (field, wireType, reader) => {
      if (field === 0 || field > FIELD.pieces) return false;
      switch (field) {
        case FIELD.frontier:
          expectType(field, wireType, WireType.Varint);
          this.frontier = reader.bool();
          return true;
        case FIELD.openKey:
          expectType(field, wireType, WireType.Varint);
          this.openKey = reader.bool();
          return true;
        case FIELD.pulledAtMs:
          expectType(field, wireType, WireType.Varint);
          this.pulledAtMs = Number(reader.uint64());
          return true;
      }
      expectType(field, wireType, WireType.LengthDelimited);
      const bytes = reader.bytes();
      if (field === FIELD.from) {
        this.from = decodeCursor(bytes);
      } else if (field === FIELD.to) {
        this.to = decodeCursor(bytes);
      } else if (this.columns[field] !== undefined) {
        throw new ProtocolError(`column ${NAMES[field]} of a batch comes twice`);
      } else {
        this.columns[field] = new ColumnReader(NAMES[field], this.plain, reader.pos - bytes.length, reader.pos);
      }
      return true;
    });
  }

  private readChanges(): Change[] {
    const kinds = this.column(FIELD.kinds);
    const size = kinds.length;
    if (size > LIMITS.records) {
      throw new ProtocolError(`batch of ${size} records, at most ${LIMITS.records} are allowed`);
    }
    const keys = new NameColumn(
      this.column(FIELD.keyShared),
      this.column(FIELD.keyRest),
      this.column(FIELD.keys),
    );
    const fields = new NameColumn(
      this.column(FIELD.fieldShared),
      this.column(FIELD.fieldRest),
      this.column(FIELD.fields),
    );
    const values = this.values(size);
    const expiries = this.column(FIELD.expiries);
    const ofLoad = !isAt(this.from);
    // A copy needs no versions: the order of records tells what belongs together.
    this.column(FIELD.versions).skipNumbers(ofLoad ? 0 : size);

    const changes = new Array<Change>(size);
    let expiry = 0;
    let key: string | undefined;
    for (let i = 0; i < size; i++) {
      const kind = kinds.nextByte();
      if ((kind & SAME_KEY) === 0) key = keys.next();
      else if (key === undefined) throw new ProtocolError("first record of a batch has the key of the record before");
      const what = kind & 3;
      if (what !== HEADER && (kind & (HAS_EXPIRY | REPLACES)) !== 0) throw malformed(i, kind, "has flags of a header");
      if (ofLoad && what >= DELETED_KEY) throw malformed(i, kind, "is a tombstone in a load");
      const type = TYPES[(kind >> 2) & 7];
      if (what === DELETED_KEY) {
        if (type !== undefined) throw malformed(i, kind, "is a deleted key with a type");
        changes[i] = { is: "deletedKey", key };
        continue;
      }
      if (type === undefined) throw malformed(i, kind, "has no type");
      if (what === HEADER) {
        const value = isCollection(type) ? undefined : scalarOf(type, values);
        let expiresAtMs = 0;
        if ((kind & HAS_EXPIRY) !== 0) {
          expiry += expiries.nextSigned();
          expiresAtMs = expiry;
          if (expiresAtMs === 0) throw malformed(i, kind, "expires at 0, which stands for never");
        }
        changes[i] = { is: "header", key, type, value, expiresAtMs, replaces: (kind & REPLACES) !== 0 };
        continue;
      }
      if (!isCollection(type)) throw malformed(i, kind, `is a field of a ${type}`);
      const name = fields.next();
      const field = type === "stream" ? streamIdOf(name) : name;
      changes[i] =
        what === ENTRY_FIELD
          ? { is: "field", key, type, field, value: fieldValueOf(type, values) }
          : { is: "deletedField", key, type, field };
    }
    keys.expectEnd(size);
    fields.expectEnd(size);
    values.expectEnd(size);
    expiries.expectEnd(size);
    return changes;
  }

  private values(count: number): ValueColumn {
    const pieces = this.columns[FIELD.pieces];
    if (pieces === undefined) {
      return new ValueColumn(this.column(FIELD.valueLengths), this.column(FIELD.values), count);
    }
    if (this.columns[FIELD.valueLengths] !== undefined || this.columns[FIELD.values] !== undefined) {
      throw new ProtocolError("batch has its values in both layouts");
    }
    return joinPieces(this.plain.subarray(pieces.from, pieces.end));
  }

  /** An absent column is an empty one. */
  private column(field: number): ColumnReader {
    return this.columns[field] ?? new ColumnReader(NAMES[field], this.plain, 0, 0);
  }
}

function scalarOf(type: DataType, values: ValueColumn): Scalar {
  if (type === "string") return values.nextBinary();
  const from = values.next();
  const { bytes, at } = values.content;
  return type === "list" ? parts(bytes, from, at) : bytes.slice(from, at);
}

function fieldValueOf(type: DataType, values: ValueColumn): FieldValue {
  if (type === "hash") return values.nextBinary();
  const from = values.next();
  const { bytes, at } = values.content;
  switch (type) {
    case "set":
      if (at !== from) throw new ProtocolError(`member of a set has a value of ${at - from} bytes`);
      return null;
    case "zset":
      return scoreOf(bytes, from, at);
    default:
      return parts(bytes, from, at);
  }
}

function expectType(field: number, wireType: WireType, expected: WireType): void {
  if (wireType !== expected) throw new ProtocolError(`field ${NAMES[field]} of a batch has wire type ${wireType}`);
}

function malformed(record: number, kind: number, detail: string): ProtocolError {
  return new ProtocolError(`record ${record} of a batch, kind ${kind.toString(16).padStart(2, "0")}, ${detail}`);
}
