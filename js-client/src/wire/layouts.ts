import { ProtocolError } from "../errors.js";
import { type Binary, binaryOf, bytesOfName } from "./bytes.js";

/** Elements, each an unsigned LEB128 length and its bytes: a list, or names and values of a stream's entry. */
export function parts(bytes: Uint8Array, from: number, to: number): Binary[] {
  const elements: Binary[] = [];
  let at = from;
  while (at < to) {
    let length = 0;
    let unit = 1;
    let b: number;
    do {
      if (at === to || unit > 2 ** 28) throw new ProtocolError("element of a list has no length");
      b = bytes[at++];
      length += (b & 0x7f) * unit;
      unit *= 128;
    } while (b >= 0x80);
    if (length > to - at) throw new ProtocolError(`element of ${length} bytes where ${to - at} are left`);
    elements.push(binaryOf(bytes, at, at + length));
    at += length;
  }
  return elements;
}

/** IEEE 754, big-endian. */
export function scoreOf(bytes: Uint8Array, from: number, to: number): number {
  if (to - from !== 8) throw new ProtocolError(`score of ${to - from} bytes, it has 8`);
  return new DataView(bytes.buffer, bytes.byteOffset + from, 8).getFloat64(0);
}

/** `ms-seq` of an id that came as the name of a field: 8 + 8 bytes, big-endian. */
export function streamIdOf(name: string): string {
  const bytes = bytesOfName(name);
  if (bytes.length !== 16) throw new ProtocolError(`id of a stream of ${bytes.length} bytes, it has 16`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  return view.getBigUint64(0) + "-" + view.getBigUint64(8);
}
