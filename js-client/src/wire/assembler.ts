import { ProtocolError } from "../errors.js";
import type { Chunk } from "./messages.js";

/** What is allocated for a block before its content has come: what a hub declares is not worth more yet. */
const INITIAL_BYTES_MAX = 1 << 20;

/**
 * Puts the chunks of one feed together again, and holds the hub to its credit: a feed's blocks take at most twice the
 * credit and one block.
 */
export class BlockAssembler {
  private readonly untakenBlocks: number[] = [];
  private untakenBytes = 0;
  private lastBegun = 0;
  private lastTaken = 0;
  private block: Uint8Array | undefined;
  private declared = 0;
  private filled = 0;

  constructor(
    private readonly feed: number,
    private readonly blockBytesMax: number,
    private readonly creditBytes: number,
  ) {}

  /** Whether a block has begun and not ended. */
  get within(): boolean {
    return this.block !== undefined;
  }

  /** Number of the batch of the block that was begun last. */
  get batch(): number {
    return this.lastBegun;
  }

  /** The block that `chunk` completes, if it does. */
  add(chunk: Chunk): Uint8Array | undefined {
    if (this.block === undefined) {
      this.begin(chunk);
    } else if (chunk.batch !== this.lastBegun) {
      throw this.malformed(`chunk of batch ${chunk.batch} within batch ${this.lastBegun}`);
    }
    const end = this.filled + chunk.payload.length;
    if (end > this.declared || chunk.last !== (end === this.declared)) {
      throw this.malformed(
        `batch ${this.lastBegun} has ${end} bytes${chunk.last ? " at its last chunk" : " and goes on"}, ` +
          `declared are ${this.declared}`,
      );
    }
    let block = this.block as Uint8Array;
    if (end > block.length) {
      const larger = new Uint8Array(Math.min(this.declared, Math.max(end, 2 * block.length)));
      larger.set(block);
      this.block = block = larger;
    }
    block.set(chunk.payload, this.filled);
    this.filled = end;
    if (!chunk.last) return undefined;
    this.block = undefined;
    return block;
  }

  private begin(first: Chunk): void {
    if (first.batch !== this.lastBegun + 1) {
      throw this.malformed(`batch ${first.batch} after batch ${this.lastBegun}`);
    }
    const bytes = first.blockBytes;
    if (bytes === 0 || bytes > this.blockBytesMax) {
      throw this.malformed(`block of ${bytes} bytes, 1 to ${this.blockBytesMax} are allowed`);
    }
    if (this.untakenBytes > 2 * this.creditBytes) {
      throw this.malformed(
        `the hub ignored its credit: ${this.untakenBytes} bytes are not taken yet, ` +
          `at most ${2 * this.creditBytes} are allowed`,
      );
    }
    this.lastBegun++;
    this.untakenBlocks.push(bytes);
    this.untakenBytes += bytes;
    this.declared = bytes;
    this.filled = 0;
    this.block = new Uint8Array(Math.min(bytes, INITIAL_BYTES_MAX));
  }

  /** Every block up to that of `batch` has left the receive queue. */
  taken(batch: number): void {
    for (; this.lastTaken < batch; this.lastTaken++) this.untakenBytes -= this.untakenBlocks.shift() ?? 0;
  }

  private malformed(detail: string): ProtocolError {
    return new ProtocolError(`feed ${this.feed}: ${detail}`);
  }
}
