import { ProtocolError } from "../errors.js";
import { type Binary, binaryOf, escapedName, nameOf, textOf } from "./bytes.js";
import { LIMITS } from "./limits.js";

/** Reads one column of a batch, `bytes[from, end)`, and never outside of it. */
export class ColumnReader {
  at: number;

  constructor(
    readonly name: string,
    readonly bytes: Uint8Array,
    readonly from: number,
    readonly end: number,
  ) {
    this.at = from;
  }

  get length(): number {
    return this.end - this.from;
  }

  get exhausted(): boolean {
    return this.at === this.end;
  }

  rewind(): void {
    this.at = this.from;
  }

  nextByte(): number {
    if (this.at === this.end) throw this.malformed(`ends after ${this.length} bytes, before the last record`);
    return this.bytes[this.at++];
  }

  /** A number from 0 to 2^31 - 1. */
  nextLength(): number {
    if (this.at < this.end && this.bytes[this.at] < 0x80) return this.bytes[this.at++];
    const length = this.nextVarint();
    if (length > 0x7fffffff) throw this.malformed(`holds length ${length}`);
    return length;
  }

  /** Zigzag; exact up to 2^53, which times in milliseconds stay far below. */
  nextSigned(): number {
    const zigzag = this.nextVarint();
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  }

  /** Passes over `length` bytes and returns where they begin. */
  take(length: number): number {
    if (length > this.end - this.at) {
      throw this.malformed(
        `has ${this.end - this.at} of ${this.length} bytes left where ${length} are to come`,
      );
    }
    const taken = this.at;
    this.at += length;
    return taken;
  }

  /** How many bytes come before the next `end`. */
  lengthTo(end: number): number {
    const at = this.bytes.indexOf(end, this.at);
    if (at < 0 || at >= this.end) {
      throw this.malformed(`has ${this.end - this.at} of ${this.length} bytes left and no end of a piece`);
    }
    return at - this.at;
  }

  /** Passes over all of it, which must be exactly `count` numbers. */
  skipNumbers(count: number): void {
    let found = 0;
    let run = 0;
    for (; this.at < this.end; this.at++) {
      run++;
      if (run > 10) throw this.malformed("holds a number of more than 10 bytes");
      if (this.bytes[this.at] < 0x80) {
        found++;
        run = 0;
      }
    }
    if (run > 0 || found !== count) throw this.malformed(`holds ${found} numbers for ${count} records`);
  }

  expectEnd(records: number): void {
    if (!this.exhausted) {
      throw this.malformed(`has ${this.end - this.at} of ${this.length} bytes left after ${records} records`);
    }
  }

  private nextVarint(): number {
    let value = 0;
    let unit = 1;
    for (let i = 0; i < 10; i++) {
      const b = this.nextByte();
      value += (b & 0x7f) * unit;
      if (b < 0x80) return value;
      unit *= 128;
    }
    throw this.malformed("holds a number of more than 10 bytes");
  }

  malformed(contradiction: string): ProtocolError {
    return new ProtocolError(`column ${this.name} of a batch ${contradiction}`);
  }
}

export function checkRepeated(column: string, bytes: number): void {
  if (bytes > LIMITS.sharedBytes) {
    throw new ProtocolError(
      `column ${column} of a batch repeats ${bytes} bytes, at most ${LIMITS.sharedBytes} are allowed`,
    );
  }
}

/** Up to here V8 copies a part of a string; a longer one would keep the whole string in memory. */
const COPIED_SLICE = 12;

/**
 * Names that share leading bytes with their predecessors. Where all are short and ASCII, as fields mostly are, the column
 * becomes one string and names are put together from parts of it, several times faster than from bytes.
 */
export class NameColumn {
  private readonly text: string | undefined;
  private before = "";
  private readonly beforeBytes: Uint8Array;

  constructor(
    private readonly shares: ColumnReader,
    private readonly rests: ColumnReader,
    private readonly content: ColumnReader,
  ) {
    const longest = this.check();
    this.text = longest <= COPIED_SLICE ? asciiOf(content) : undefined;
    this.beforeBytes = new Uint8Array(this.text === undefined ? longest : 0);
  }

  /** Checks the lengths before anything is allocated for them; returns that of the longest name. */
  private check(): number {
    const { shares, rests } = this;
    let shared = 0;
    let before = 0;
    let longest = 0;
    while (!rests.exhausted) {
      const share = shares.length === 0 ? 0 : shares.nextLength();
      const rest = rests.nextLength();
      if (share > before) throw shares.malformed(`shares ${share} bytes with a predecessor of ${before}`);
      shared += share;
      before = share + rest;
      longest = Math.max(longest, before);
    }
    checkRepeated(shares.name, shared);
    if (longest > shared + this.content.length) throw rests.malformed("adds up to more than the whole column has");
    shares.rewind();
    rests.rewind();
    return longest;
  }

  next(): string {
    const share = this.shares.length === 0 ? 0 : this.shares.nextLength();
    const rest = this.rests.nextLength();
    const from = this.content.take(rest);
    if (this.text === undefined) {
      this.beforeBytes.set(this.content.bytes.subarray(from, from + rest), share);
      return nameOf(this.beforeBytes, 0, share + rest);
    }
    const at = from - this.content.from;
    this.before = this.before.slice(0, share) + this.text.slice(at, at + rest);
    return escapedName(this.before);
  }

  expectEnd(records: number): void {
    this.shares.expectEnd(records);
    this.rests.expectEnd(records);
    this.content.expectEnd(records);
  }
}

/** How long each value is. */
export interface Lengths {
  nextLength(): number;
  expectEnd(records: number): void;
}

/** Values, one after the other. */
export class ValueColumn {
  private text: string | undefined;

  constructor(
    private readonly lengths: Lengths,
    readonly content: ColumnReader,
    count: number,
  ) {
    // Worth it only where most are short.
    if (content.length > 0 && content.length <= count * 2 * COPIED_SLICE) this.text = asciiOf(content);
  }

  /** Where the next value begins in `content.bytes`; it ends at `content.at`. */
  next(): number {
    return this.content.take(this.lengths.nextLength());
  }

  /** The next value as text or bytes. */
  nextBinary(): Binary {
    const length = this.lengths.nextLength();
    const from = this.content.take(length);
    if (this.text !== undefined && length <= COPIED_SLICE) {
      const at = from - this.content.from;
      return this.text.slice(at, at + length);
    }
    return binaryOf(this.content.bytes, from, from + length);
  }

  expectEnd(records: number): void {
    this.lengths.expectEnd(records);
    this.content.expectEnd(records);
  }
}

/** The whole column as text, where all of it is ASCII. */
function asciiOf(column: ColumnReader): string | undefined {
  const text = textOf(column.bytes, column.from, column.end);
  return text !== undefined && text.length === column.length ? text : undefined;
}
