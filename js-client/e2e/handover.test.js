// A load over HTTP, then updates over another way from its cursor: nothing is missed, nothing is repeated.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { HubProcess } from "./harness/hub-process.js";
import { JsonCopy } from "./harness/json-copy.js";
import { RedisServer } from "./harness/redis-server.js";
import { differences, readSource } from "./harness/source-copy.js";
import { Traffic } from "./harness/traffic.js";
import { EventStream, JsonSession, LongPoll } from "./harness/updates.js";

const DATABASE = 5;
const WAYS = { WebSocket: JsonSession, "server-sent events": EventStream, "long polls": LongPoll };

describe("a load over HTTP", { timeout: 600_000 }, () => {
  let redis, source, hub, traffic;

  before(async () => {
    redis = await RedisServer.start();
    source = await redis.client(DATABASE);
    traffic = new Traffic(source, { seed: 2, keys: 3_000 });
    await traffic.load();
    hub = await HubProcess.start({ args: ["--redis", redis.address, "--databases", `${DATABASE}`] });
  });

  after(async () => {
    await Promise.all([hub?.stop(), redis?.stop()]);
  });

  /** Writes a key, and resolves when the hub has it. */
  async function markInHub() {
    const { cursor } = await load();
    const updates = await LongPoll.open(hub.url, DATABASE, cursor, () => {});
    await updates.until(await traffic.mark());
    await updates.close();
  }

  async function load(accept = "application/x-ndjson") {
    const answer = await fetch(`${hub.url}/v1/databases/${DATABASE}/entries`, { headers: { accept } });
    assert.equal(answer.status, 200);
    const copy = new JsonCopy();
    const body = await answer.text();
    const lines = accept === "application/json" ? body : `[${body.trim().split("\n").join(",")}]`;
    JSON.parse(lines).forEach((entry) => copy.apply(entry));
    return { copy, cursor: answer.headers.get("replicator-cursor"), etag: answer.headers.get("etag") };
  }

  test("equals the source at its cursor, in each form", async () => {
    await markInHub();
    const expected = await readSource(source);
    for (const accept of ["application/x-ndjson", "application/json"]) {
      const { copy } = await load(accept);
      assert.deepEqual(differences(expected, copy.canonical()), []);
    }
  });

  test("is answered with 304 while nothing has changed", async () => {
    const { etag } = await load();
    const url = `${hub.url}/v1/databases/${DATABASE}/entries`;
    assert.equal((await fetch(url, { headers: { "if-none-match": etag } })).status, 304);
    await markInHub();
    const changed = await fetch(url, { headers: { "if-none-match": etag } });
    assert.equal(changed.status, 200);
    await changed.arrayBuffer();
  });

  for (const [name, Way] of Object.entries(WAYS)) {
    test(`goes on over ${name} without a gap and without repetition`, async () => {
      const counters = new Counters(source, 500);
      await counters.count(2);
      const writing = Promise.all([traffic.churn(4_000), counters.count(10)]);
      const { copy, cursor } = await load();
      const repeated = [];
      const updates = await Way.open(hub.url, DATABASE, cursor, (delta) => {
        if (counters.isRepeated(copy, delta)) repeated.push(delta);
        copy.apply(delta);
      });
      await writing;

      await updates.until(await traffic.mark());

      assert.deepEqual(differences(await readSource(source), copy.canonical()), []);
      assert.deepEqual(repeated, []);
      await updates.close();
    });

    test(`brings over ${name} only what was written after it`, async () => {
      const { cursor } = await load();
      const brought = [];
      const updates = await Way.open(hub.url, DATABASE, cursor, (delta) => brought.push(delta.k));
      const mark = await traffic.mark();
      await updates.until(mark);
      assert.deepEqual(brought, [mark]);
      await updates.close();
    });
  }
});

/** Keys whose values only grow. */
class Counters {
  #source;
  #keys;
  #count = 0;

  constructor(source, keys) {
    this.#source = source;
    this.#keys = Array.from({ length: keys }, (_, i) => `counter:${i}`);
  }

  async count(times) {
    for (let i = 0; i < times; i++) {
      const value = `${++this.#count}`;
      await Promise.all(this.#keys.map((key) => this.#source.sendCommand(["SET", key, value])));
    }
  }

  /** Whether the delta brings of a counter what the copy has already, or less. */
  isRepeated(copy, delta) {
    const known = copy.value(delta.k);
    return delta.k.startsWith("counter:") && known !== undefined && Number(delta.v) <= Number(known);
  }
}
