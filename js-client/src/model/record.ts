import type { Binary } from "../wire/bytes.js";
import type { Cursor } from "./cursor.js";

export type DataType = "string" | "list" | "hash" | "set" | "zset" | "stream" | "opaque";

/** By code on the wire; 0 is none. */
export const TYPES: readonly (DataType | undefined)[] = [
  undefined,
  "string",
  "list",
  "hash",
  "set",
  "zset",
  "stream",
  "opaque",
];

export function isCollection(type: DataType): boolean {
  return type === "hash" || type === "set" || type === "zset" || type === "stream";
}

/** What a header of a string, list or opaque key holds. */
export type Scalar = Binary | Binary[];

/** What a field holds: of a hash its value, of a set null, of a zset the score, of a stream names and values in turn. */
export type FieldValue = Binary | null | number | Binary[];

/** One change of a key, whichever way it came. Names are as `nameOf` makes them; ids of streams `ms-seq`. */
export type Change =
  | {
      readonly is: "header";
      readonly key: string;
      readonly type: DataType;
      /** Undefined for a collection. */
      readonly value: Scalar | undefined;
      /** Milliseconds since 1970 by the hub's clock; 0 for never. */
      readonly expiresAtMs: number;
      /** Whatever the copy has under this key is gone. */
      readonly replaces: boolean;
    }
  | {
      readonly is: "field";
      readonly key: string;
      readonly type: DataType;
      readonly field: string;
      readonly value: FieldValue;
    }
  | { readonly is: "deletedKey"; readonly key: string }
  | { readonly is: "deletedField"; readonly key: string; readonly type: DataType; readonly field: string };

/** What takes a copy from one cursor to another. */
export interface Batch {
  /** Undefined where a load begins. */
  readonly from: Cursor | undefined;
  readonly to: Cursor;
  /** The copy now equals one state of the source. */
  readonly frontier: boolean;
  /** The last key's fields may go on in the next batch. */
  readonly openKey: boolean;
  readonly changes: readonly Change[];
  /** By the hub's clock; 0 where it is not told. */
  readonly pulledAtMs: number;
  /** About how much memory it takes. */
  readonly sizeBytes: number;
}
