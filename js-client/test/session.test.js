import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, ConnectionError, ProtocolError, RefusedError, ResetError } from "../lib/node.js";
import { at, deleted, event, FakeHub, string } from "./support/fake-hub.js";

const BACKOFF = { minMs: 10, maxMs: 50 };

/** A hub, a connection to it and its first session; all ended after the test. */
async function start(t, options = {}, welcome = {}) {
  const hub = await FakeHub.start();
  const [connection, session] = await Promise.all([
    connect(hub.url, { backoff: BACKOFF, ...options }),
    hub.session(welcome),
  ]);
  t.after(async () => {
    await connection.close();
    await hub.stop();
  });
  return { hub, connection, session };
}

test("loads, resolves ready at the first frontier, and follows", async (t) => {
  const { connection, session } = await start(t);
  const quotes = connection.subscribe({ database: 5, pattern: "quote:*" });
  const asked = await session.subscribed();
  assert.deepEqual(asked, { database: "5", pattern: "quote:*", cursor: undefined, fingerprint: undefined });
  session.batch({ to: at(10), frontier: true, records: [string("quote:1", "a"), string("quote:2", "b")] });
  await quotes.ready;
  assert.deepEqual([...quotes.map], [["quote:1", "a"], ["quote:2", "b"]]);
  assert.equal(quotes.state, "live");
  assert.equal(quotes.cursor, "1122334455667788-10");

  const changes = [];
  quotes.on("change", (change) => changes.push(change));
  session.batch({ from: at(10), to: at(12), frontier: true, records: [string("quote:3", "c"), deleted("quote:1")] });
  assert.deepEqual(await event(quotes, "caughtUp"), { version: 12, cursor: "1122334455667788-12" });
  assert.deepEqual(changes, [
    { key: "quote:3", value: "c", type: "string", deleted: false },
    { key: "quote:1", value: undefined, type: "string", deleted: true },
  ]);
  assert.deepEqual(quotes.array, [
    { key: "quote:2", value: "b", type: "string" },
    { key: "quote:3", value: "c", type: "string" },
  ]);
});

test("shows a group only at its frontier", async (t) => {
  const { connection, session } = await start(t);
  const subscription = connection.subscribe({ database: "0" });
  await session.subscribed();
  session.batch({ to: at(1), frontier: true, records: [string("a", "1"), string("b", "1")] });
  await subscription.ready;
  const sizes = [];
  subscription.on("change", ({ key, value }) => sizes.push([key, value, subscription.map.get("a"), subscription.map.get("b")]));
  session.batch({ from: at(1), to: at(2), records: [string("a", "2")] });
  session.batch({ from: at(2), to: at(3), records: [string("a", "3"), string("b", "3")], frontier: true });
  await event(subscription, "caughtUp");
  assert.deepEqual(sizes, [["a", "3", "3", "3"], ["b", "3", "3", "3"]]);
});

test("goes on from its cursor after a broken connection", async (t) => {
  const { hub, connection, session } = await start(t);
  const subscription = connection.subscribe({ database: 0, pattern: ["a*", "b*"] });
  await session.subscribed();
  session.batch({ to: at(7), frontier: true, records: [string("a", "1"), string("b", "1")] });
  await subscription.ready;
  session.cut();
  assert.equal(await event(subscription, "state"), "offline");
  assert.equal(subscription.map.get("a"), "1");
  const again = await hub.session();
  const asked = await again.subscribed();
  assert.deepEqual(asked.cursor, at(7));
  assert.equal(asked.fingerprint, "f1");
  again.batch({ from: at(7), to: at(9), frontier: true, records: [string("a", "2")] });
  await event(subscription, "caughtUp");
  assert.deepEqual([...subscription.map], [["a", "2"], ["b", "1"]]);
  assert.equal(connection.state, "open");
});

test("keeps what it has during a load that replaces it, and sweeps at the frontier", async (t) => {
  const { hub, connection, session } = await start(t);
  const subscription = connection.subscribe({ database: 0 });
  await session.subscribed();
  session.batch({ to: at(7), frontier: true, records: [string("a", "1"), string("b", "1"), string("c", "1")] });
  await subscription.ready;
  session.cut();
  const error = event(subscription, "error");
  const again = await hub.session();
  await again.subscribed({ resume: false, resetReason: "the cursor is of another epoch" });
  assert.ok((await error) instanceof ResetError);
  const changes = [];
  subscription.on("change", ({ key, value }) => changes.push([key, value]));
  const loading = { ...at(20), position: Uint8Array.of(1) };
  again.batch({ to: loading, records: [string("a", "1")] });
  again.batch({ from: loading, to: at(20), records: [string("b", "2")] });
  await event(subscription, "state", (state) => state === "catching-up");
  assert.equal(subscription.map.size, 3);
  again.batch({ from: at(20), to: at(21), frontier: true, records: [string("d", "1")] });
  await event(subscription, "caughtUp");
  assert.deepEqual([...subscription.map].sort(), [["a", "1"], ["b", "2"], ["d", "1"]]);
  // What the load brought unchanged is no news.
  assert.deepEqual(changes.sort(), [["b", "2"], ["c", undefined], ["d", "1"]]);
});

test("acknowledges what it received and applied", async (t) => {
  const { connection, session } = await start(t);
  const subscription = connection.subscribe({ database: 0 });
  await session.subscribed({ feed: 3 });
  session.batch({ to: at(1), records: [string("a", "x".repeat(3000))] }, 3);
  session.batch({ from: at(1), to: at(2), frontier: true, records: [] }, 3);
  await subscription.ready;
  let ack;
  do ack = await session.receive("ack");
  while (ack[2] === undefined || !Buffer.from(ack[2]).equals(Buffer.from([8, 3, 16, 2, 24, 2])));
  assert.ok(Number(ack[1]) > 3000);
});

test("hides a key whose expiry has come by the hub's clock, though the hub is away", async (t) => {
  const { connection, session } = await start(t);
  const subscription = connection.subscribe({ database: 0 });
  await session.subscribed();
  const hubNow = Date.now() + 3_600_000;
  const records = [string("a", "1", hubNow + 50), string("b", "1", hubNow + 3_000_000)];
  session.batch({ to: at(1), frontier: true, pulledAtMs: hubNow, records });
  await subscription.ready;
  assert.equal(subscription.map.size, 2);
  session.cut();
  const change = await event(subscription, "change");
  assert.deepEqual(change, { key: "a", value: undefined, type: "string", deleted: true });
  assert.deepEqual([...subscription.map.keys()], ["b"]);
  assert.equal(subscription.map.size, 1);
});

test("tells of a refused subscription and goes on with the others", async (t) => {
  const { connection, session } = await start(t);
  const wrong = connection.subscribe({ database: "nope" });
  await Promise.all([session.refuse(4, "no database nope"), assert.rejects(wrong.ready, RefusedError)]);
  assert.equal(wrong.state, "closed");
  const right = connection.subscribe({ database: 0 });
  await session.subscribed();
  session.batch({ to: at(1), frontier: true });
  await right.ready;
});

test("takes a silent hub for dead and connects again", async (t) => {
  const { hub, connection } = await start(t, {}, { heartbeatMs: 50 });
  const error = await event(connection, "error");
  assert.match(error.message, /nothing heard/);
  await hub.session();
});

test("ends a session in which the hub breaks the protocol", async (t) => {
  const { hub, connection, session } = await start(t);
  const subscription = connection.subscribe({ database: 0 });
  await session.subscribed();
  session.batch({ to: at(1), frontier: true });
  await subscription.ready;
  const error = event(connection, "error");
  session.batch({ from: at(5), to: at(6), frontier: true });
  assert.ok((await error) instanceof ProtocolError);
  assert.match(String((await session.receive("goodbye"))[1]), /./);
  await hub.session();
});

test("closes by its signal, and says goodbye", async (t) => {
  const controller = new AbortController();
  const { connection, session } = await start(t, { signal: controller.signal });
  const subscription = connection.subscribe({ database: 0 });
  await session.subscribed();
  controller.abort();
  assert.equal(connection.state, "closed");
  await assert.rejects(subscription.ready, { code: "CLOSED" });
  await session.receive("goodbye");
  await session.closed;
});

test("unsubscribes", async (t) => {
  const { connection, session } = await start(t);
  const controller = new AbortController();
  connection.subscribe({ database: 0, signal: controller.signal });
  await session.subscribed();
  controller.abort();
  assert.equal(String((await session.receive("unsubscribe"))[1]), "1");
});

test("rejects where nobody answers", async () => {
  const hub = await FakeHub.start();
  await hub.stop();
  await assert.rejects(connect(hub.url), ConnectionError);
});

test("tries each of several hubs", async (t) => {
  const gone = await FakeHub.start();
  await gone.stop();
  const hub = await FakeHub.start();
  const session = hub.session();
  const connection = await connect([gone.url, hub.url], { backoff: BACKOFF, token: "sesame" });
  await session;
  t.after(async () => {
    await connection.close();
    await hub.stop();
  });
  assert.match(hub.requests[0].protocols, /replicator\.token\.c2VzYW1l/);
  assert.equal(hub.requests[0].url, "/v1/updates");
});

test("does not wait out a delay once the network is back", async (t) => {
  const network = new EventTarget();
  globalThis.addEventListener = network.addEventListener.bind(network);
  globalThis.removeEventListener = network.removeEventListener.bind(network);
  t.after(() => {
    delete globalThis.addEventListener;
    delete globalThis.removeEventListener;
  });
  const { hub, connection, session } = await start(t, { backoff: { minMs: 3_600_000, maxMs: 3_600_000 } });
  session.cut();
  await event(connection, "state", (state) => state === "waiting");
  network.dispatchEvent(new Event("online"));
  await hub.session();
  await event(connection, "state", (state) => state === "open");
});

test("reads nothing of a subscription that was given up, and goes on with the others", async (t) => {
  const { connection, session } = await start(t);
  const given = connection.subscribe({ database: 0 });
  const kept = connection.subscribe({ database: 1 });
  await session.subscribed({ feed: 1 });
  await session.subscribed({ feed: 2 });
  await given.close();
  session.batch({ to: at(1), frontier: true, records: [string("a", "1")] }, 1);
  session.batch({ to: at(1), frontier: true, records: [string("b", "1")] }, 2);
  await kept.ready;
  assert.deepEqual([...kept.map.keys()], ["b"]);
  assert.equal(given.map.size, 0);
});

test("refuses what breaks the protocol before it can do harm", async (t) => {
  const { hub, connection, session } = await start(t, {}, { batchBytesMax: 4096 });
  const provoke = async (current, breach, expected) => {
    const error = event(connection, "error");
    breach(current);
    assert.match((await error).message, expected);
    assert.ok((await error) instanceof ProtocolError);
    return hub.session({ batchBytesMax: 4096 });
  };
  connection.subscribe({ database: 0 });
  await session.subscribed();
  const large = { to: at(1), frontier: true, records: [string("a", "x".repeat(5000))] };
  const second = await provoke(session, (now) => now.batch(large), /block of 50\d\d bytes/);
  const third = await provoke(second, (now) => now.batch({ to: at(1) }, 9), /chunk of feed 9, unknown/);
  await provoke(third, (now) => now.socket.send(Buffer.from([0x7f, 0, 0, 0])), /frame of 2130706432 bytes/);
});
