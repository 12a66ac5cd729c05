import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import * as bundle from "../dist/replicator.js";
import * as browser from "../lib/mod.js";
import * as node from "../lib/node.js";

const GZIPPED_BYTES_MAX = 30_000;

test("the bundle is small", () => {
  const bytes = gzipSync(readFileSync(new URL("../dist/replicator.js", import.meta.url)), { level: 9 }).length;
  assert.ok(bytes <= GZIPPED_BYTES_MAX, `${bytes} bytes gzipped, at most ${GZIPPED_BYTES_MAX} are allowed`);
});

test("bundle, browser and Node.js offer the same, and nothing internal", () => {
  const names = Object.keys(browser).sort();
  assert.deepEqual(Object.keys(bundle).sort(), names);
  assert.deepEqual(Object.keys(node).sort(), names);
  assert.deepEqual(names, [
    "ClosedError",
    "Connection",
    "ConnectionError",
    "MemoryStorage",
    "ProtocolError",
    "RefusedError",
    "ReplicatorError",
    "ResetError",
    "StorageError",
    "Subscription",
    "UnauthorizedError",
    "connect",
  ]);
});

test("the bundle needs nothing else, and keeps no place of where it was made", () => {
  const text = readFileSync(new URL("../dist/replicator.js", import.meta.url), "utf8");
  for (const trace of [/[;}\n]import[ {*"]/, /\brequire\(/, /node_modules/, new RegExp(process.cwd())]) {
    assert.ok(!trace.test(text), `${trace} is in the bundle`);
  }
});
