import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { ProtocolError } from "../lib/errors.js";
import { decodeBatch } from "../lib/wire/batch.js";
import { decodeBlock, blockLimits } from "../lib/wire/block.js";
import { crc32c } from "../lib/wire/crc32c.js";
import { FrameDecoder } from "../lib/wire/frames.js";
import {
  decodeFrame,
  encodeAck,
  encodeGoodbye,
  encodeHeartbeat,
  encodeSubscribe,
  encodeUnsubscribe,
} from "../lib/wire/messages.js";
import { joinPieces } from "../lib/wire/pieces.js";
import { encodeBlock } from "./support/batches.js";


/** The bytes that the hub's own tests keep. */
function golden(path) {
  return Buffer.from(readFileSync(new URL(`../../${path}`, import.meta.url), "latin1").replace(/\s/g, ""), "hex");
}

const frame = (name) => golden(`protocol/src/test/resources/golden/${name}.hex`);

function onlyFrame(bytes) {
  const contents = [];
  new FrameDecoder().decode(bytes, (content) => contents.push(content));
  assert.equal(contents.length, 1);
  return contents[0];
}

const EVERY_KIND_OF_BYTE = Uint8Array.of(0, 1, 0x7f, 0x80, 0xff, 0x2a, 0x0a);

test("reads the golden Welcome", () => {
  const { is, message } = decodeFrame(onlyFrame(frame("welcome")));
  assert.equal(is, "welcome");
  assert.deepEqual(message, {
    protocolVersion: 1,
    capabilities: ["dictionary"],
    hubId: "hub-1",
    epoch: 0x8899aabbccddeeffn,
    heartbeatIntervalMs: 5000,
    batchBytesMax: 1 << 20,
    sessionId: 2n ** 64n - 1n,
    creditBytes: 4 << 20,
  });
});

test("reads the golden Refusal, Chunk, Heartbeat and Goodbye", () => {
  assert.deepEqual(decodeFrame(onlyFrame(frame("refusal"))), {
    is: "refusal",
    message: {
      reason: "UNSUPPORTED_VERSION",
      detail: "version 9, 1 to 1 are spoken here",
      protocolVersionMin: 1,
      protocolVersionMax: 1,
    },
  });
  const { message: chunk } = decodeFrame(onlyFrame(frame("chunk")));
  assert.deepEqual({ ...chunk, payload: [...chunk.payload] }, {
    feed: 300,
    batch: 2 ** 33,
    blockBytes: 7,
    last: true,
    payload: [...EVERY_KIND_OF_BYTE],
  });
  assert.equal(decodeFrame(onlyFrame(frame("heartbeat"))).message.sentAtMs, 1_700_000_000_000);
  assert.equal(decodeFrame(onlyFrame(frame("goodbye"))).message.reason, "shutting down");
});

test("writes the golden Ack and Goodbye", () => {
  const expected = onlyFrame(frame("ack"));
  const ack = encodeAck({
    delayUs: 12_345,
    receivedBytes: 2 ** 35,
    feeds: [
      { feed: 1, taken: 9, applied: 8 },
      { feed: 2, taken: 0, applied: 0 },
    ],
  });
  assert.deepEqual(Buffer.from(ack), Buffer.from(expected));
  assert.deepEqual(Buffer.from(encodeGoodbye("shutting down")), Buffer.from(onlyFrame(frame("goodbye"))));
  assert.equal(decodeFrame(encodeHeartbeat(1_700_000_000_000)).message.sentAtMs, 1_700_000_000_000);
});

test("writes the golden Subscribe and Unsubscribe, reads the golden Subscribed", () => {
  const resume = { fingerprint: "00ff00ff00ff00ff", cursor: { epoch: 0x0102030405060708n, version: 2n ** 63n - 1n } };
  const include = [new TextEncoder().encode("quote:*")];
  const subscribe = encodeSubscribe({ tag: 1, database: "5", include, resume });
  assert.deepEqual(Buffer.from(subscribe), Buffer.from(onlyFrame(frame("subscribe"))));
  assert.deepEqual(Buffer.from(encodeUnsubscribe(1)), Buffer.from(onlyFrame(frame("unsubscribe"))));
  assert.deepEqual(decodeFrame(onlyFrame(frame("subscribed"))), {
    is: "subscribed",
    message: {
      tag: 300,
      feed: { id: 7, fingerprint: "", resumedFrom: undefined, resetReason: "", bytes: 0 },
      refusal: {
        reason: "UNKNOWN_DATABASE",
        detail: "database '6' is not served here",
        protocolVersionMin: 0,
        protocolVersionMax: 0,
      },
    },
  });
});

test("passes over what it does not know, and refuses what is cut off", () => {
  assert.equal(decodeFrame(Uint8Array.of(0xa2, 0x06, 1, 0)), undefined);
  assert.equal(decodeFrame(onlyFrame(frame("dictionary"))).is, "unexpected");
  const welcome = onlyFrame(frame("welcome"));
  for (let length = 1; length < welcome.length; length++) {
    assert.throws(() => decodeFrame(welcome.subarray(0, length)), ProtocolError, `${length} bytes`);
  }
});

test("refuses every damage to a block or a batch, with an error of its own", () => {
  const plain = golden("streams/src/test/resources/golden/batch.hex");
  for (const block of [frame("block-zstd"), encodeBlock(plain)]) {
    for (let i = 0; i < block.length; i++) {
      for (const flip of [1, 0x80, 0xff]) {
        const damaged = Uint8Array.from(block);
        damaged[i] ^= flip;
        try {
          decodeBlock(damaged, blockLimits(1 << 20));
          // Only what nothing depends on can be damaged in silence: a field that is not known.
          assert.deepEqual(decodeBlock(damaged, blockLimits(1 << 20)), decodeBlock(block, blockLimits(1 << 20)));
        } catch (error) {
          assert.ok(error instanceof ProtocolError, `byte ${i} ^ ${flip}: ${error.stack}`);
        }
      }
    }
  }
  for (let i = 0; i < plain.length; i++) {
    for (const value of [0, 1, 2, 0x08, 0x7f, 0x80, 0xff]) {
      const damaged = Uint8Array.from(plain);
      damaged[i] = value;
      try {
        decodeBatch(damaged);
      } catch (error) {
        assert.ok(error instanceof ProtocolError, `byte ${i} = ${value}: ${error.stack}`);
      }
    }
  }
});

test("joins the pieces of the protocol's example", () => {
  const out = new BinaryWriter();
  const bytes = (field, value) => out.tag(field, WireType.LengthDelimited).bytes(Buffer.from(value));
  out.tag(1, WireType.Varint).uint32(",".charCodeAt(0));
  for (const tag of ["", '{"a":', '"b":']) bytes(2, tag);
  bytes(3, [2, 1, 2, 1, 1]);
  for (const rest of ["", "1,3},", "2},"]) bytes(4, rest);
  const values = joinPieces(out.finish());
  const text = [values.nextBinary(), values.nextBinary()];
  values.expectEnd(2);
  assert.deepEqual(text, ['{"a":1,"b":2}', '{"a":3}']);
});

test("cuts frames whatever pieces the bytes come in", () => {
  const stream = Buffer.concat(["welcome", "chunk", "goodbye"].map(frame));
  for (let piece = 1; piece < 40; piece++) {
    const decoder = new FrameDecoder();
    const found = [];
    for (let at = 0; at < stream.length; at += piece) {
      decoder.decode(new Uint8Array(stream.subarray(at, at + piece)), (content) => found.push(decodeFrame(content).is));
    }
    assert.deepEqual(found, ["welcome", "chunk", "goodbye"]);
  }
});

test("refuses a frame over the limit before anything is allocated for it", () => {
  assert.throws(() => new FrameDecoder().decode(Uint8Array.of(0, 0x10, 0, 1), () => {}), /1048577 bytes/);
});

test("computes the CRC-32C that the protocol names", () => {
  assert.equal(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
});

test("reads the golden blocks, plain and compressed", () => {
  assert.equal(Buffer.from(decodeBlock(frame("block-plain"), blockLimits(0))).toString(), "123456789");
  const text = Buffer.from(decodeBlock(frame("block-zstd"), blockLimits(0))).toString();
  assert.match(text, /^\{?"?name":"Vila","lat":"42/);
});

test("reads the golden batch", () => {
  const batch = decodeBatch(golden("streams/src/test/resources/golden/batch.hex"));
  const epoch = 0x0102030405060708n;
  assert.deepEqual(batch, {
    from: { epoch, version: 40n },
    to: { epoch, version: 43n },
    frontier: true,
    openKey: false,
    pulledAtMs: 1_700_000_000_000,
    changes: [
      { is: "deletedKey", key: "k1" },
      { is: "field", key: "k1", type: "hash", field: "f", value: "v" },
      { is: "header", key: "k2", type: "string", value: "w", expiresAtMs: 1000, replaces: true },
    ],
    sizeBytes: golden("streams/src/test/resources/golden/batch.hex").length,
  });
});
