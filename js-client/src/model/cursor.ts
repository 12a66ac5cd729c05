import { equalBytes, fromBase64Url, toBase64Url } from "../wire/bytes.js";

/**
 * How much of a database a copy has. Undefined stands for nothing. With a position it is in a load that began at
 * `version`; without, it has everything up to `version`. Comparable within one epoch only.
 */
export interface Cursor {
  readonly epoch: bigint;
  readonly version: bigint;
  /** Opaque; of a load. */
  readonly position?: Uint8Array;
}

export function isAt(cursor: Cursor | undefined): cursor is Cursor {
  return cursor !== undefined && cursor.position === undefined;
}

export function equalCursors(a: Cursor | undefined, b: Cursor | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a.epoch !== b.epoch || a.version !== b.version) return false;
  if (a.position === undefined || b.position === undefined) return a.position === b.position;
  return equalBytes(a.position, b.position);
}

/** As HTTP has it: `EPOCH-VERSION`, in a load `EPOCH-VERSION-POSITION`. Undefined for nothing. */
export function cursorText(cursor: Cursor | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const at = `${cursor.epoch.toString(16).padStart(16, "0")}-${cursor.version}`;
  return cursor.position === undefined ? at : `${at}-${toBase64Url(cursor.position)}`;
}

/** The inverse of {@link cursorText}; undefined for any other text. */
export function parseCursor(text: string): Cursor | undefined {
  const match = /^([0-9a-f]{16})-(\d{1,19})(?:-([\w-]*))?$/.exec(text);
  if (match === null) return undefined;
  const at = { epoch: BigInt("0x" + match[1]), version: BigInt(match[2]) };
  return match[3] === undefined ? at : { ...at, position: fromBase64Url(match[3]) };
}
