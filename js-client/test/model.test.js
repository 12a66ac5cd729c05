import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryStorage } from "../lib/mod.js";
import { Subscription } from "../lib/subscription.js";
import { HubClock } from "../lib/session/clock.js";
import { decodeBatch } from "../lib/wire/batch.js";
import { encodeBatch } from "./support/batches.js";
import { canonicalMap, ModelHub } from "./support/model-hub.js";
import { Random } from "./support/random.js";

const RUNS = Number(process.env.RUNS ?? 100);
const STEPS = 60;

/** What a page would build from nothing but change events. */
class Observer {
  seen = new Map();

  constructor(subscription) {
    subscription.on("change", ({ key, value, deleted }) => {
      assert.equal(deleted, value === undefined);
      if (deleted) assert.ok(this.seen.delete(key), `${key} was deleted, and not there`);
      else this.seen.set(key, value);
    });
  }
}

/** Of the run that goes on. */
let latest;

async function follow(seed) {
  const random = new Random(seed);
  const hub = new ModelHub(random);
  const storage = random.chance(0.5) ? new MemoryStorage() : undefined;
  const host = { clock: new HubClock(), storage, storageName: "hub", closed: () => {} };
  let subscription;
  let observer;
  let cursor;

  async function reload() {
    await subscription?.close();
    latest = subscription = new Subscription({ database: 0 }, host);
    observer = new Observer(subscription);
    if (random.chance(0.5)) subscription.array;
    await subscription.restored;
    open();
  }

  function open() {
    const held = subscription.sink.held?.cursor;
    cursor = hub.admits(held) ? held : undefined;
    const reset = held !== undefined && cursor === undefined;
    // Mostly as for a large database: every batch is shown as it comes.
    const databaseBytes = random.chance(0.7) ? 1 << 30 : 0;
    subscription.sink.opened({
      fingerprint: "f", hubId: "h", resumedFrom: cursor, resetReason: reset ? "other epoch" : "", databaseBytes,
    });
  }

  function pull(recordsMax) {
    const batch = hub.pull(cursor, recordsMax);
    cursor = batch.to;
    subscription.sink.received(decodeBatch(encodeBatch(batch)), () => {});
    return batch;
  }

  function checkViews() {
    const shown = canonicalMap(subscription.map);
    assert.equal(subscription.map.size, shown.length);
    assert.deepEqual(canonicalMap(observer.seen), shown);
    const items = subscription.array;
    assert.deepEqual(items.map(({ key }) => key), [...items].map(({ key }) => key).sort());
    assert.deepEqual(canonicalMap(items.map(({ key, value }) => [key, value])), shown);
  }

  await reload();
  for (let step = 0; step < STEPS; step++) {
    const action = random.int(20);
    if (action < 8) for (let i = random.int(6); i >= 0; i--) hub.change();
    else if (action === 8) hub.newEpoch(), open();
    else if (action === 9) open();
    else if (action === 10) await reload();
    else {
      const before = subscription.map.size;
      const { frontier, to } = pull(1 + random.int(6));
      if (frontier) assert.deepEqual(canonicalMap(subscription.map), canonicalMap(hub.content()));
      // Until the frontier behind it, a load takes nothing away.
      else if (to.position !== undefined) assert.ok(subscription.map.size >= before);
    }
    checkViews();
  }
  for (let pulls = 0; !pull(1 + random.int(20)).frontier; pulls++) assert.ok(pulls < 1000, "the hub has no end");
  checkViews();
  assert.deepEqual(canonicalMap(subscription.map), canonicalMap(hub.content()));
  await subscription.close();
}

test("equals the hub at every frontier, whatever happens on the way", async () => {
  const seed = Random.seed();
  for (let run = 0; run < RUNS; run++) {
    try {
      await follow(seed + run);
    } catch (error) {
      // Its timers would keep the process waiting.
      await latest?.close();
      error.message = `SEED=${seed + run}: ${error.message}`;
      throw error;
    }
  }
});
