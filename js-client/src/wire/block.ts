import { decompress } from "fzstd";
import { ProtocolError } from "../errors.js";
import { crc32c } from "./crc32c.js";
import { LIMITS } from "./limits.js";
import { decodeFields } from "./messages.js";

const CODEC_PLAIN = 0;
const CODEC_ZSTD = 1;

interface Block {
  codec: number;
  plainBytes: number;
  checksum: number;
  dictionary: number;
  content: Uint8Array;
}

/** What a session's blocks may take. */
export interface BlockLimits {
  blockBytes: number;
  plainBytes: number;
}

/** The limits of a session whose hub announced `batchBytesMax`, 0 for nothing. */
export function blockLimits(batchBytesMax: number): BlockLimits {
  const header = 64;
  return batchBytesMax === 0 || batchBytesMax >= LIMITS.plainBytes
    ? LIMITS
    : { blockBytes: Math.min(LIMITS.blockBytes, batchBytesMax + header), plainBytes: batchBytesMax };
}

/** The plain bytes of a Block message, its limits checked before anything is allocated, then its checksum. */
export function decodeBlock(bytes: Uint8Array, limits: BlockLimits): Uint8Array {
  if (bytes.length > limits.blockBytes) {
    throw new ProtocolError(`block of ${bytes.length} bytes, at most ${limits.blockBytes} are allowed`);
  }
  const block = parse(bytes);
  if (block.plainBytes > limits.plainBytes) {
    throw new ProtocolError(`block of ${block.plainBytes} plain bytes, at most ${limits.plainBytes} are allowed`);
  }
  if (block.dictionary !== 0) {
    throw new ProtocolError(`block needs dictionary ${block.dictionary}; this client asked for none`);
  }
  const plain = plainOf(block);
  const checksum = crc32c(plain);
  if (checksum !== block.checksum) {
    throw new ProtocolError(
      `block of ${plain.length} plain bytes has checksum ${hex(checksum)}, declared is ${hex(block.checksum)}`,
    );
  }
  return plain;
}

function plainOf(block: Block): Uint8Array {
  switch (block.codec) {
    case CODEC_PLAIN:
      if (block.content.length !== block.plainBytes) {
        throw new ProtocolError(`block of ${block.plainBytes} plain bytes carries ${block.content.length} of them`);
      }
      return block.content;
    case CODEC_ZSTD:
      return decompressed(block);
    default:
      throw new ProtocolError(`block codec ${block.codec}, known are 0 and 1`);
  }
}

function decompressed(block: Block): Uint8Array {
  const declared = contentSize(block.content);
  if (declared !== block.plainBytes) {
    throw new ProtocolError(
      `compressed content declares ${declared ?? "no"} plain bytes, the block ${block.plainBytes}`,
    );
  }
  let plain: Uint8Array;
  try {
    plain = decompress(block.content);
  } catch (cause) {
    throw new ProtocolError(
      `compressed content of ${block.content.length} bytes is damaged: ${(cause as Error).message}`,
      { cause },
    );
  }
  if (plain.length !== block.plainBytes) {
    throw new ProtocolError(`compressed content is ${plain.length} plain bytes, declared are ${block.plainBytes}`);
  }
  return plain;
}

/** What the header of a zstd frame says (RFC 8878, 3.1.1.1); undefined where it says nothing or is none. */
function contentSize(frame: Uint8Array): number | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 6 || view.getUint32(0, true) !== 0xfd2fb528) return undefined;
  const descriptor = frame[4];
  const singleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3];
  const at = 5 + (singleSegment ? 0 : 1) + dictionaryBytes;
  const sizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6];
  if (sizeBytes === 0 || frame.length < at + sizeBytes) return undefined;
  switch (sizeBytes) {
    case 1:
      return frame[at];
    case 2:
      return view.getUint16(at, true) + 256;
    case 4:
      return view.getUint32(at, true);
    default:
      return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
  }
}

function parse(bytes: Uint8Array): Block {
  const block: Block = { codec: 0, plainBytes: 0, checksum: 0, dictionary: 0, content: bytes.subarray(0, 0) };
  return decodeFields("Block", bytes, block, {
    1: ["codec", "uint32"],
    2: ["plainBytes", "uint32"],
    3: ["checksum", "fixed32"],
    4: ["dictionary", "uint32"],
    5: ["content", "bytes"],
  });
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, "0");
}
