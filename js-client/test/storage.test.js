import assert from "node:assert/strict";
import { test } from "node:test";
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { connect, MemoryStorage, StorageError } from "../lib/node.js";
import { IndexedDbStorage } from "../lib/storage/indexeddb.js";
import { at, deleted, event, FakeHub, string } from "./support/fake-hub.js";

globalThis.IDBKeyRange = IDBKeyRange;

const BACKOFF = { minMs: 10, maxMs: 50 };

async function startHub(t) {
  const hub = await FakeHub.start();
  t.after(() => hub.stop());
  return hub;
}

/** A page that loads: connects, subscribes, and its session as the hub sees it. */
async function page(t, hub, storage) {
  const [connection, session] = await Promise.all([connect(hub.url, { backoff: BACKOFF, storage }), hub.session()]);
  t.after(() => connection.close());
  return { connection, session, subscription: connection.subscribe({ database: 0 }) };
}

const hash = (key, fields) => [
  { is: "header", key, type: "hash", replaces: true },
  ...Object.entries(fields).map(([field, value]) => ({ is: "field", key, type: "hash", field, value })),
];

for (const [name, storageOf] of [
  ["memory", () => new MemoryStorage()],
  ["IndexedDB", () => new IndexedDbStorage(new IDBFactory())],
]) {
  test(`a reloaded page shows its copy at once and goes on from its cursor: ${name}`, async (t) => {
    const hub = await startHub(t);
    const storage = storageOf();
    const first = await page(t, hub, storage);
    await first.session.subscribed();
    const records = [string("a", "1"), string("b", Uint8Array.of(0xff)), ...hash("h", { f: "1", g: "2" }), string("z", "1")];
    first.session.batch({ to: at(5), frontier: true, records });
    await first.subscription.ready;
    first.session.batch({ from: at(5), to: at(6), frontier: true, records: [deleted("z")] });
    await event(first.subscription, "caughtUp");
    await first.connection.close();

    const second = await page(t, hub, storage);
    const changes = [];
    second.subscription.on("change", ({ key }) => changes.push(key));
    assert.equal(await second.subscription.restored, true);
    assert.deepEqual(changes.sort(), ["a", "b", "h"]);
    assert.deepEqual(second.subscription.map.get("b"), Uint8Array.of(0xff));
    assert.deepEqual({ ...second.subscription.map.get("h") }, { f: "1", g: "2" });
    assert.equal(second.subscription.map.size, 3);
    const asked = await second.session.subscribed();
    assert.deepEqual(asked.cursor, at(6));
    assert.equal(asked.fingerprint, "f1");
    second.session.batch({ from: at(6), to: at(7), frontier: true, records: [string("a", "2")] });
    await second.subscription.ready;
    assert.equal(second.subscription.map.get("a"), "2");
  });

  test(`a load that broke off goes on: ${name}`, async (t) => {
    const hub = await startHub(t);
    const storage = storageOf();
    const first = await page(t, hub, storage);
    await first.session.subscribed({ databaseBytes: 1 << 30 });
    const position = (n) => ({ ...at(9), position: Uint8Array.of(n) });
    first.session.batch({ to: position(1), openKey: true, records: [string("a", "1"), ...hash("h", { f: "1" })] });
    await event(first.subscription, "change");
    await first.connection.close();

    const second = await page(t, hub, storage);
    await second.subscription.restored;
    assert.deepEqual([...second.subscription.map.keys()], ["a"]);
    assert.deepEqual((await second.session.subscribed()).cursor, position(1));
    const rest = [{ is: "field", key: "h", type: "hash", field: "g", value: "2" }];
    second.session.batch({ from: position(1), to: at(9), frontier: true, records: rest });
    await second.subscription.ready;
    assert.deepEqual({ ...second.subscription.map.get("h") }, { f: "1", g: "2" });
  });

  test(`the page opened last stores; two do not mix: ${name}`, async (t) => {
    const hub = await startHub(t);
    const storage = storageOf();
    const first = await page(t, hub, storage);
    await first.session.subscribed();
    first.session.batch({ to: at(1), frontier: true, records: [string("a", "1")] });
    await first.subscription.ready;
    const second = await page(t, hub, storage);
    await second.session.subscribed();
    second.session.batch({ to: at(2), frontier: true, records: [string("a", "2")] });
    await second.subscription.ready;
    first.session.batch({ from: at(1), to: at(3), frontier: true, records: [deleted("a"), string("b", "3")] });
    await event(first.subscription, "caughtUp");
    await second.connection.close();
    await first.connection.close();

    const third = await page(t, hub, storage);
    await third.subscription.restored;
    assert.deepEqual([...third.subscription.map], [["a", "2"]]);
    assert.deepEqual((await third.session.subscribed()).cursor, at(2));
  });
}

test("goes on in memory where nothing more can be stored, and what is stored stays true", async (t) => {
  const hub = await startHub(t);
  const storage = new MemoryStorage();
  const full = {
    fail: false,
    open: async (name) => {
      const store = await storage.open(name);
      return {
        ...store,
        write: async (change) => {
          if (full.fail) throw new DOMException("the quota has been exceeded", "QuotaExceededError");
          return store.write(change);
        },
      };
    },
  };
  const first = await page(t, hub, full);
  await first.session.subscribed();
  first.session.batch({ to: at(1), frontier: true, records: [string("a", "1")] });
  await first.subscription.ready;
  // The ack that says that it is stored.
  while ((await first.session.receive("ack"))[2]?.includes(0x18) !== true);
  full.fail = true;
  const error = event(first.subscription, "error");
  first.session.batch({ from: at(1), to: at(2), frontier: true, records: [string("a", "2")] });
  assert.ok((await error) instanceof StorageError);
  assert.match((await error).message, /QuotaExceededError/);
  assert.equal(first.subscription.map.get("a"), "2");
  first.session.batch({ from: at(2), to: at(3), frontier: true, records: [string("a", "3")] });
  await event(first.subscription, "caughtUp");
  await first.connection.close();

  full.fail = false;
  const second = await page(t, hub, full);
  await second.subscription.restored;
  assert.equal(second.subscription.map.get("a"), "1");
  assert.deepEqual((await second.session.subscribed()).cursor, at(1));
});

test("shows what is stored though there is no hub", async (t) => {
  const hub = await startHub(t);
  const storage = new MemoryStorage();
  const first = await page(t, hub, storage);
  await first.session.subscribed();
  first.session.batch({ to: at(1), frontier: true, records: [string("a", "1"), string("gone", "1", Date.now() + 1)] });
  await first.subscription.ready;
  await first.connection.close();
  await hub.stop();
  const connection = await connect(hub.url, { storage, offline: true, backoff: BACKOFF });
  t.after(() => connection.close());
  const subscription = connection.subscribe({ database: 0 });
  await subscription.restored;
  assert.deepEqual([...subscription.map], [["a", "1"]]);
  assert.equal(subscription.state, "offline");
});

test("goes on in memory where there is no IndexedDB at all", async (t) => {
  const hub = await startHub(t);
  const { session, subscription } = await page(t, hub, "indexeddb");
  assert.ok((await event(subscription, "error")) instanceof StorageError);
  await session.subscribed();
  session.batch({ to: at(1), frontier: true, records: [string("a", "1")] });
  await subscription.ready;
  assert.equal(subscription.map.get("a"), "1");
});
