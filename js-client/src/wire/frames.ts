import { ProtocolError } from "../errors.js";
import { LIMITS } from "./limits.js";

/** How many bytes the length before a frame's content takes. */
export const LENGTH_BYTES = 4;

/** The content of a frame with its length before it. */
export function frameOf(content: Uint8Array): Uint8Array {
  const frame = new Uint8Array(LENGTH_BYTES + content.length);
  new DataView(frame.buffer).setUint32(0, content.length);
  frame.set(content, LENGTH_BYTES);
  return frame;
}

/**
 * Cuts a stream of bytes into frames, whatever pieces the bytes come in. A frame that lies whole in a piece is passed
 * where it is; only one that does not is gathered in an array of its own. After an error the place is lost.
 */
export class FrameDecoder {
  private length = 0;
  private lengthRead = 0;
  private partial: Uint8Array | undefined;
  private partialRead = 0;

  /** Calls `onFrame` with the content of every frame that `bytes` complete; empty ones are passed over. */
  decode(bytes: Uint8Array, onFrame: (content: Uint8Array) => void): void {
    let at = 0;
    for (;;) {
      while (this.lengthRead < LENGTH_BYTES) {
        if (at === bytes.length) return;
        this.length = this.length * 256 + bytes[at++];
        this.lengthRead++;
      }
      if (this.length > LIMITS.frameBytes) {
        throw new ProtocolError(`frame of ${this.length} bytes, at most ${LIMITS.frameBytes} are allowed`);
      }
      let content: Uint8Array;
      if (this.partial === undefined && bytes.length - at >= this.length) {
        content = bytes.subarray(at, at + this.length);
        at += this.length;
      } else {
        this.partial ??= new Uint8Array(this.length);
        const count = Math.min(bytes.length - at, this.length - this.partialRead);
        this.partial.set(bytes.subarray(at, at + count), this.partialRead);
        this.partialRead += count;
        at += count;
        if (this.partialRead < this.length) return;
        content = this.partial;
      }
      this.length = this.lengthRead = this.partialRead = 0;
      this.partial = undefined;
      if (content.length > 0) onFrame(content);
    }
  }
}
