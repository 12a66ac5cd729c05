import { ProtocolError } from "../errors.js";

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Bytes as the hub's databases hold them: text where they are UTF-8, otherwise as they are. */
export type Binary = string | Uint8Array;

/** What a name that is not UTF-8 begins with; base64 follows. */
export const BASE64_PREFIX = "base64:";

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

const SHORT = 10;

/**
 * The text of `bytes[from, to)`, or undefined where that is not UTF-8. Short ASCII, which is most of it, is put together
 * without the decoder.
 */
export function textOf(bytes: Uint8Array, from: number, to: number): string | undefined {
  if (to - from <= SHORT) {
    let text = "";
    let i = from;
    for (; i < to; i++) {
      const b = bytes[i];
      if (b >= 0x80) break;
      text += String.fromCharCode(b);
    }
    if (i === to) return text;
  }
  try {
    return strictDecoder.decode(bytes.subarray(from, to));
  } catch {
    return undefined;
  }
}

/** As a value: text, or a copy of the bytes. */
export function binaryOf(bytes: Uint8Array, from = 0, to = bytes.length): Binary {
  return textOf(bytes, from, to) ?? bytes.slice(from, to);
}

/**
 * As the name of a key or a field, which has to be a string: text, or `base64:` and the bytes. Text that itself begins
 * with `base64:` is encoded too, so that no two names meet.
 */
export function nameOf(bytes: Uint8Array, from = 0, to = bytes.length): string {
  const text = textOf(bytes, from, to);
  return text === undefined ? BASE64_PREFIX + toBase64(bytes.subarray(from, to)) : escapedName(text);
}

/** The name of what is text. */
export function escapedName(text: string): string {
  return text.startsWith(BASE64_PREFIX) ? BASE64_PREFIX + toBase64(utf8(text)) : text;
}

/** The inverse of {@link nameOf}. */
export function bytesOfName(name: string): Uint8Array {
  return name.startsWith(BASE64_PREFIX) ? fromBase64(name.slice(BASE64_PREFIX.length)) : utf8(name);
}

/** A name as a value. */
export function binaryOfName(name: string): Binary {
  return name.startsWith(BASE64_PREFIX) ? binaryOf(fromBase64(name.slice(BASE64_PREFIX.length))) : name;
}

export function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let i = 0; i < bytes.length; i += 0x2000) {
    binary += String.fromCharCode(...bytes.subarray(i, i + 0x2000));
  }
  return btoa(binary);
}

export function fromBase64(text: string): Uint8Array {
  let binary: string;
  try {
    binary = atob(text);
  } catch (cause) {
    throw new ProtocolError("not base64: " + text.slice(0, 80), { cause });
  }
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export function fromBase64Url(text: string): Uint8Array {
  return fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Byte by byte, as the hub orders names. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
