import assert from "node:assert/strict";
import { test } from "node:test";
import { parseBatch } from "../lib/http/batch-json.js";
import { EventStreamParser } from "../lib/http/event-stream.js";
import { connect, ProtocolError, RefusedError, ResetError, UnauthorizedError } from "../lib/node.js";
import { CURSOR, sendJson, startHttp } from "./support/fake-http.js";
import { event } from "./support/fake-hub.js";

const BACKOFF = { minMs: 10, maxMs: 50 };

async function start(t, transport, answer) {
  const hub = await startHttp(answer);
  const connection = await connect(hub.url, { transport, backoff: BACKOFF, token: "sesame" });
  t.after(async () => {
    await connection.close();
    await hub.stop();
  });
  return { hub, connection };
}


test("polls: loads in parts, then follows from each answer's cursor", async (t) => {
  const answers = {
    "": { cursor: CURSOR(5, "AQ"), caughtUp: false, reset: true, entries: [{ k: "a", y: "string", v: "1" }] },
    [CURSOR(5, "AQ")]: {
      from: CURSOR(5, "AQ"), cursor: CURSOR(5), caughtUp: true,
      entries: [{ k: "h", y: "hash", v: { f: "1", g: "2" } }],
    },
    [CURSOR(5)]: {
      from: CURSOR(5), cursor: CURSOR(8), caughtUp: true,
      entries: [{ k: "a", d: true }, { k: "h", y: "hash", set: { f: "3" }, del: ["g"], t: null }],
    },
  };
  const { hub, connection } = await start(t, "poll", (request, response, url) => {
    assert.equal(request.headers.authorization, "Bearer sesame");
    const answer = answers[url.searchParams.get("since") ?? ""];
    if (answer) sendJson(response, answer);
  });
  const subscription = connection.subscribe({ database: "5", pattern: ["a*", "h*"] });
  await event(subscription, "caughtUp", ({ version }) => version === 8);
  assert.deepEqual([...subscription.map].map(([key, value]) => [key, { ...value }]), [["h", { f: "3" }]]);
  assert.equal(hub.requests[1], "/v1/databases/5/changes?pattern=a*&pattern=h*&wait=25");
});

test("streams: one answer brings all batches, and the next goes on from them", async (t) => {
  const { hub, connection } = await start(t, "sse", (request, response, url, number) => {
    assert.equal(request.headers.accept, "text/event-stream");
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    const send = (batch) => response.write(`: hello\nid: ${batch.cursor}\ndata: ${JSON.stringify(batch)}\n\n`);
    if (number === 1) {
      send({ cursor: CURSOR(1), caughtUp: true, reset: true, entries: [{ k: "a", y: "string", v: "1" }] });
      send({ from: CURSOR(1), cursor: CURSOR(2), caughtUp: true, entries: [{ k: "b", y: "string", v: "1" }] });
      response.end();
    } else if (number === 2) {
      send({ from: CURSOR(2), cursor: CURSOR(3), caughtUp: true, entries: [{ k: "c", y: "string", v: "1" }] });
    }
  });
  const subscription = connection.subscribe({ database: "5" });
  await event(subscription, "caughtUp", ({ version }) => version === 3);
  assert.deepEqual([...subscription.map.keys()], ["a", "b", "c"]);
  assert.equal(hub.requests[2], `/v1/databases/5/changes?since=${CURSOR(2)}`);
  assert.equal(connection.state, "open");
});

test("loads anew where the cursor is gone, and shows the old copy until then", async (t) => {
  const { connection } = await start(t, "poll", (request, response, url, number) => {
    if (number === 1) {
      sendJson(response, { cursor: CURSOR(1), caughtUp: true, reset: true, entries: [{ k: "a", y: "string", v: "1" }, { k: "b", y: "string", v: "1" }] });
    } else if (number === 2) {
      sendJson(response, { title: "Gone", detail: "beyond the horizon" }, 410);
    } else if (number === 3) {
      assert.equal(url.searchParams.get("since"), null);
      sendJson(response, { cursor: CURSOR(9), caughtUp: true, reset: true, entries: [{ k: "b", y: "string", v: "1" }] });
    }
  });
  const subscription = connection.subscribe({ database: "5" });
  const error = event(subscription, "error");
  await event(subscription, "change", ({ key, deleted }) => key === "a" && deleted);
  assert.ok((await error) instanceof ResetError);
  assert.match((await error).message, /beyond the horizon/);
  assert.deepEqual([...subscription.map], [["b", "1"]]);
});

test("tells what the hub says of a wrong subscription", async (t) => {
  const { connection } = await start(t, "poll", (request, response) =>
    sendJson(response, { title: "Not Found", detail: "no database 77" }, 404),
  );
  const subscription = connection.subscribe({ database: 77 });
  await assert.rejects(subscription.ready, (error) => error instanceof RefusedError && /no database 77/.test(error.message));
  assert.equal(connection.state, "open");
});

test("falls back to a stream where WebSockets do not get through", async (t) => {
  const { hub, connection } = await start(t, "auto", (request, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write(`data: ${JSON.stringify({ cursor: CURSOR(1), caughtUp: true, reset: true, entries: [] })}\n\n`);
  });
  await connection.subscribe({ database: "5" }).ready;
  assert.ok(hub.requests.some((path) => path.startsWith("/v1/databases/5/changes")));
});

test("says that a token is missing", async (t) => {
  const { createServer } = await import("node:http");
  const server = createServer((request, response) => sendJson(response, { title: "Unauthorized", detail: "a token, please" }, 401));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  for (const transport of ["auto", "websocket", "poll"]) {
    await assert.rejects(connect(`http://127.0.0.1:${server.address().port}`, { transport }), (error) => {
      assert.ok(error instanceof UnauthorizedError, String(error));
      assert.match(error.message, /a token, please/);
      return true;
    });
  }
});

test("gives up a request whose subscription is closed", async (t) => {
  let asked;
  const begun = new Promise((resolve) => (asked = resolve));
  const { connection } = await start(t, "poll", (request) => asked(request));
  const subscription = connection.subscribe({ database: "5" });
  const request = await begun;
  const gone = new Promise((resolve) => request.on("close", resolve));
  await subscription.close();
  await gone;
});

test("reads every type of an entry, text and base64", () => {
  const base64 = (bytes) => Buffer.from(bytes).toString("base64");
  const entries = [
    { k: "s", y: "string", v: "x", t: 500 },
    { k: "l", y: "list", v: ["a", "b"] },
    { k: "z", y: "zset", v: [["m", 1.5], ["n", "-inf"]] },
    { k: "t", y: "set", v: ["m"] },
    { k: "x", y: "stream", v: [["5-0", ["f", "1", "f", "2"]]] },
    { k: base64([0xff]), y: "hash", b: true, v: { [base64("f")]: base64([0xfe]) } },
    { k: base64("o"), y: "opaque", b: true, v: base64([0, 1]) },
  ];
  const batch = parseBatch(JSON.stringify({ cursor: CURSOR(1), caughtUp: true, reset: true, entries }), 1000);
  assert.deepEqual(batch.changes, [
    { is: "header", key: "s", type: "string", value: "x", expiresAtMs: 1500, replaces: true },
    { is: "header", key: "l", type: "list", value: ["a", "b"], expiresAtMs: 0, replaces: true },
    { is: "header", key: "z", type: "zset", value: undefined, expiresAtMs: 0, replaces: true },
    { is: "field", key: "z", type: "zset", field: "m", value: 1.5 },
    { is: "field", key: "z", type: "zset", field: "n", value: -Infinity },
    { is: "header", key: "t", type: "set", value: undefined, expiresAtMs: 0, replaces: true },
    { is: "field", key: "t", type: "set", field: "m", value: null },
    { is: "header", key: "x", type: "stream", value: undefined, expiresAtMs: 0, replaces: true },
    { is: "field", key: "x", type: "stream", field: "5-0", value: ["f", "1", "f", "2"] },
    { is: "header", key: "base64:/w==", type: "hash", value: undefined, expiresAtMs: 0, replaces: true },
    { is: "field", key: "base64:/w==", type: "hash", field: "f", value: Uint8Array.of(0xfe) },
    { is: "header", key: "o", type: "opaque", value: Uint8Array.of(0, 1), expiresAtMs: 0, replaces: true },
  ]);
});

test("refuses what is no batch", () => {
  for (const text of ["", "[]", "{}", '{"cursor":"x","entries":[]}', `{"cursor":"${CURSOR(1)}","entries":[{"k":"a","y":"blob","v":1}]}`]) {
    assert.throws(() => parseBatch(text, 0), ProtocolError, text);
  }
});

test("cuts an event stream whatever pieces it comes in", () => {
  const text = ": c\r\n\r\nid: 1\r\ndata: a\r\ndata: b\r\n\r\nevent: x\ndata:c\n\n\ndata\n\n";
  for (let piece = 1; piece < text.length; piece++) {
    const events = [];
    const parser = new EventStreamParser();
    for (let i = 0; i < text.length; i += piece) parser.parse(text.slice(i, i + piece), (each) => events.push(each));
    assert.deepEqual(events, [
      { name: "message", data: "a\nb" },
      { name: "x", data: "c" },
      { name: "message", data: "" },
    ], `pieces of ${piece}`);
  }
});
