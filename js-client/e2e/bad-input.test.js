// What nobody should send: answered as documented, by the real process, while another client notices nothing.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { on, once } from "node:events";
import { after, before, describe, test } from "node:test";
import { WebSocket } from "ws";
import { Bystander } from "./harness/bystander.js";
import { HubProcess } from "./harness/hub-process.js";
import { assertProblem } from "./harness/problems.js";
import { rawExchange } from "./harness/raw-http.js";
import { RedisServer } from "./harness/redis-server.js";
import { converse } from "./harness/web-socket.js";

const CAPTURED = "5";
const OWN = "board";
const BODY_BYTES_MAX = 1 << 20;
const HEAD_TIMEOUT_MS = 1_000;

const entries = (database) => `/v1/databases/${database}/entries`;
const changes = (database) => `/v1/databases/${database}/changes`;
const LONG = "k".repeat(1_025);

// What is asked for, and how it is answered: method, path, status, and what the detail says.
const REQUESTS = [
  ["GET", "/v1/nothing", 404, /\/v1\/nothing/],
  ["GET", "/../../etc/passwd", 404, /./],
  ["GET", entries("nobody"), 404, /nobody/],
  ["GET", `${entries("nobody")}/key`, 404, /nobody/],
  ["GET", changes("nobody"), 404, /nobody/],
  ["GET", `${entries(CAPTURED)}/absent`, 404, /absent/],
  ["GET", `${entries(CAPTURED)}?pattern=${LONG}`, 400, /pattern/],
  ["GET", `${entries(CAPTURED)}?limit=0`, 400, /limit/],
  ["GET", `${entries(CAPTURED)}?limit=-1`, 400, /limit/],
  ["GET", `${entries(CAPTURED)}?limit=many`, 400, /limit/],
  ["GET", `${entries(CAPTURED)}?after=%zz`, 400, /./],
  ["GET", `${changes(CAPTURED)}?since=yesterday`, 400, /since/],
  ["GET", `${changes(CAPTURED)}?since=0123-5`, 400, /since/],
  ["GET", `${changes(CAPTURED)}?since=${"f".repeat(16)}--1`, 400, /since/],
  ["GET", `${changes(CAPTURED)}?since=${"f".repeat(16)}-99999999999999999999`, 400, /since/],
  ["GET", `${changes(CAPTURED)}?since=${"f".repeat(16)}-5`, 410, /epoch/],
  ["GET", `${changes(CAPTURED)}?wait=soon`, 400, /wait/],
  ["GET", `${changes(CAPTURED)}?wait=-1`, 400, /wait/],
  ["GET", `${changes(CAPTURED)}?pattern=${LONG}`, 400, /pattern/],
  ["POST", entries(CAPTURED), 405, /POST/],
  ["PUT", entries(CAPTURED), 405, /PUT/],
  ["PUT", `${entries(CAPTURED)}/key`, 405, /./, JSON.stringify({ v: "1" })],
  ["DELETE", `${entries(CAPTURED)}/key`, 405, /./],
  ["PUT", `${entries("nobody")}/key`, 404, /nobody/, JSON.stringify({ v: "1" })],
  ["PUT", `${entries(OWN)}/key`, 400, /./, ""],
  ["PUT", `${entries(OWN)}/key`, 400, /JSON/, "{"],
  ["PUT", `${entries(OWN)}/key`, 400, /./, "[]"],
  ["PUT", `${entries(OWN)}/key`, 400, /v/, "{}"],
  ["PUT", `${entries(OWN)}/key`, 400, /./, JSON.stringify({ v: 1 })],
  ["PUT", `${entries(OWN)}/key`, 400, /./, JSON.stringify({ v: null })],
  ["PUT", `${entries(OWN)}/key`, 400, /./, JSON.stringify({ v: { f: {} } })],
  ["PUT", `${entries(OWN)}/key`, 400, /./, JSON.stringify({ v: "1", y: "tree" })],
  ["PUT", `${entries(OWN)}/key`, 400, /./, JSON.stringify({ v: "1", y: "hash" })],
  ["PUT", `${entries(OWN)}/key`, 400, /./, JSON.stringify({ v: "1", t: -1 })],
  ["PUT", `${entries(OWN)}/key`, 400, /./, JSON.stringify({ v: "1", t: "soon" })],
  ["PUT", `${entries(OWN)}/key`, 400, /./, JSON.stringify({ v: "not base64 !", b: true })],
  ["PUT", `${entries(OWN)}/key`, 400, /./, JSON.stringify({ v: [["m", "high"]], y: "zset" })],
  ["PUT", `${entries(OWN)}/key`, 400, /./, "[".repeat(100_000)],
  ["PUT", `${entries(OWN)}/key`, 400, /./, Buffer.from('{"v":"\xff"}', "latin1")],
  ["PUT", `${entries(OWN)}/key`, 413, new RegExp(`${BODY_BYTES_MAX}`), "x".repeat(BODY_BYTES_MAX + 1)],
  ["GET", "/v1/updates", 426, /WebSocket/],
  ["POST", "/metrics", 405, /POST/],
];

const JSON_PROTOCOL = "replicator.v1.json";
const PROTO_PROTOCOL = "replicator.v1.proto";

// Requests for a WebSocket that are answered otherwise.
const UPGRADES = {
  "without a subprotocol": { status: 400, detail: /replicator\.v1\.json/ },
  "with a subprotocol that nobody knows": { protocols: ["chat"], status: 400, detail: /replicator\.v1\.json/ },
  "of another origin": {
    protocols: [JSON_PROTOCOL],
    headers: { origin: "https://evil.example" },
    status: 403,
    detail: /origin/i,
  },
};

const subscribe = (content) => JSON.stringify({ subscribe: { id: 1, database: CAPTURED, ...content } });

// What is said over a WebSocket, and how it ends: subprotocol, messages, close code, reason.
const MESSAGES = {
  "no JSON": [JSON_PROTOCOL, ["hello"], 1008, /JSON/],
  "JSON of another kind": [JSON_PROTOCOL, ["[1]"], 1008, /object/],
  "a member that nobody knows": [JSON_PROTOCOL, ['{"shout":1}'], 1008, /subscribe/],
  "no id": [JSON_PROTOCOL, ['{"subscribe":{"database":"5"}}'], 1008, /id/],
  "an id that is used": [JSON_PROTOCOL, [subscribe({}), subscribe({})], 1008, /1/],
  "a malformed cursor": [JSON_PROTOCOL, [subscribe({ cursor: "yesterday" })], 1008, /cursor/i],
  "a pattern that is none": [JSON_PROTOCOL, [subscribe({ pattern: 7 })], 1008, /pattern/],
  "an acknowledgement of what was never sent": [JSON_PROTOCOL, [subscribe({}), '{"ack":{"id":1,"batch":99}}'], 1008, /./],
  "a message over the limit": [JSON_PROTOCOL, ["x".repeat(1_200_000)], 1009, /./],
  "a binary message": [JSON_PROTOCOL, [Buffer.from("{}")], 1003, /./],
  "deeply nested JSON": [JSON_PROTOCOL, ["[".repeat(500_000)], 1008, /./],
  "a text message": [PROTO_PROTOCOL, ["hello"], 1003, /./],
};

// What no frame of a client is: the hub says why in a frame of its own, and closes.
const FRAMES = {
  "a frame that is no message": [Buffer.from("00000004ffffffff", "hex"), /./],
  "a frame over the limit": [Buffer.from("7fffffff00", "hex"), /1048576|1,048,576/],
  "random bytes": [randomBytes(10_000), /./],
  "a chunk, which is the hub's": [Buffer.from("000000022200", "hex"), /Hello/],
};

// What cannot be subscribed to: the subscription is refused, the session goes on.
const SUBSCRIPTIONS = {
  "an unknown database": [{ database: "nobody" }, "UNKNOWN_DATABASE", /nobody/],
  "a pattern over the limit": [{ database: OWN, pattern: LONG }, "LIMIT_EXCEEDED", /1,?024/],
  "more patterns than are allowed": [
    { database: OWN, pattern: Array.from({ length: 1_001 }, (_, i) => `${i}*`) },
    "LIMIT_EXCEEDED",
    /1,?000/,
  ],
};

describe("bad input", { timeout: 600_000 }, () => {
  let redis, hub, bystander;

  before(async () => {
    redis = await RedisServer.start();
    hub = await HubProcess.start({
      args: ["--redis", redis.address, "--databases", CAPTURED, "--embedded", OWN],
      settings: {
        gateway: { "body-bytes-max": BODY_BYTES_MAX, "head-timeout": `${HEAD_TIMEOUT_MS} ms` },
        session: { "handshake-timeout": "1 s" },
      },
    });
    bystander = await Bystander.of(hub, await redis.client(CAPTURED), CAPTURED);
  });

  after(async () => {
    await bystander?.close();
    await Promise.all([hub?.stop(), redis?.stop()]);
  });

  const undisturbed = () => bystander.noticesNothing();

  for (const [method, path, status, detail, body] of REQUESTS) {
    const shown = `${method} ${path.slice(0, 70)} ${String(body ?? "").slice(0, 30)}`.trim();
    test(`${shown} → ${status}`, async () => {
      const headers = body === undefined ? {} : { "content-type": "application/json" };
      const answer = await fetch(hub.url + path, { method, headers, body });
      if (status === 405) assert.match(answer.headers.get("allow") ?? "", /GET/);
      await assertProblem(answer, status, detail);
      await undisturbed();
    });
  }

  test("a body in a form that nobody reads → 415", async () => {
    const answer = await fetch(`${hub.url}${entries(OWN)}/key`, {
      method: "PUT",
      headers: { "content-type": "text/csv" },
      body: "a,b",
    });
    await assertProblem(answer, 415, /application\/json/);
  });

  test("an answer in a form that nobody writes → 406", async () => {
    const answer = await fetch(hub.url + entries(CAPTURED), { headers: { accept: "image/png" } });
    await assertProblem(answer, 406, /application\/json/);
  });

  test("a body without a length that has not ended at the limit → 413", async () => {
    const head = `PUT ${entries(OWN)}/key HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const chunk = `10000\r\n${" ".repeat(0x10000)}\r\n`;
    const answer = await rawExchange(hub.httpPort, (socket) => {
      socket.write(head);
      socket.write(chunk.repeat(BODY_BYTES_MAX / 0x10000 + 1));
    });
    await assertProblem(answer, 413, new RegExp(`${BODY_BYTES_MAX}`));
    await undisturbed();
  });

  const RAW = {
    "no HTTP at all": ["\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 not TLS either\r\n\r\n", 400],
    "another version of HTTP": ["GET / HTTP/7.3\r\nHost: h\r\n\r\n", 505],
    "two lengths": ["PUT /v1 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400],
    "a length that is none": ["PUT /v1 HTTP/1.1\r\nHost: h\r\nContent-Length: many\r\n\r\n", 400],
    "no Host": ["GET /v1/databases HTTP/1.1\r\n\r\n", 400],
    "an address over every limit": [`GET /${"a".repeat(100_000)} HTTP/1.1\r\nHost: h\r\n\r\n`, 414],
    "a header over every limit": [`GET / HTTP/1.1\r\nHost: h\r\nX-A: ${"a".repeat(100_000)}\r\n\r\n`, 431],
    "more headers than anybody needs": [
      `GET / HTTP/1.1\r\nHost: h\r\n${Array.from({ length: 500 }, (_, i) => `X-${i}: a\r\n`).join("")}\r\n`,
      400,
    ],
    "a path that is no text": ["GET /v1/databases/%ff%fe/entries HTTP/1.1\r\nHost: h\r\n\r\n", 404],
  };
  for (const [name, [request, status]] of Object.entries(RAW)) {
    test(`${name} → ${status}`, async () => {
      const answer = await rawExchange(hub.httpPort, (socket) => socket.end(request, "latin1"));
      assert.ok(answer, "the hub said nothing");
      await assertProblem(answer, status);
      await undisturbed();
    });
  }

  test("heads that come a byte at a time → 408, and others are served meanwhile", async () => {
    const started = performance.now();
    const slow = Array.from({ length: 200 }, () =>
      rawExchange(hub.httpPort, (socket) => {
        socket.write("GET /v1/databases HTTP/1.1\r\nHost: h\r\nX-Slow: ");
        const trickle = setInterval(() => socket.write("a"), HEAD_TIMEOUT_MS / 5);
        socket.once("close", () => clearInterval(trickle));
      }),
    );
    await undisturbed();
    for (const answer of await Promise.all(slow)) {
      if (answer) await assertProblem(answer, 408);
    }
    assert.ok(performance.now() - started < 10 * HEAD_TIMEOUT_MS, "slow connections are closed");
    await undisturbed();
  });

  test("a body that does not come → 408", async () => {
    const head = `PUT ${entries(OWN)}/key HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n`;
    const answer = await rawExchange(hub.httpPort, (socket) => socket.write(head));
    await assertProblem(answer, 408);
    await undisturbed();
  });

  for (const [name, { status, detail, ...conversation }] of Object.entries(UPGRADES)) {
    test(`a WebSocket ${name} → ${status}`, async () => {
      const { answer } = await converse(hub.url, conversation);
      assert.ok(answer, "it was upgraded");
      await assertProblem(answer, status, detail);
      await undisturbed();
    });
  }

  for (const [name, [protocol, messages, code, reason]] of Object.entries(MESSAGES)) {
    test(`${protocol}: ${name} → ${code}`, async () => {
      const end = await converse(hub.url, { protocols: [protocol], messages });
      assert.equal(end.answer, null, "it was not upgraded");
      assert.equal(end.code, code, `reason: ${end.reason}`);
      assert.match(end.reason, reason);
      await undisturbed();
    });
  }

  for (const [name, [bytes, detail]] of Object.entries(FRAMES)) {
    test(`${PROTO_PROTOCOL}: ${name} → a Refusal`, async () => {
      const end = await converse(hub.url, { protocols: [PROTO_PROTOCOL], messages: [bytes] });
      assert.equal(end.code, 1000);
      assert.match(Buffer.concat(end.received).toString("latin1"), detail);
      await undisturbed();
    });
  }

  for (const [name, [content, reason, detail]] of Object.entries(SUBSCRIPTIONS)) {
    test(`${JSON_PROTOCOL}: ${name} is refused, and the session goes on`, async () => {
      const socket = new WebSocket(`${hub.url.replace(/^http/, "ws")}/v1/updates`, JSON_PROTOCOL);
      const messages = on(socket, "message");
      await once(socket, "open");
      socket.send(JSON.stringify({ subscribe: { id: 1, ...content } }));
      socket.send(JSON.stringify({ subscribe: { id: 2, database: OWN } }));
      const answers = {};
      for await (const [data] of messages) {
        Object.assign(answers, JSON.parse(data));
        if (answers.subscribed) break;
      }
      assert.deepEqual([answers.refused.id, answers.refused.reason], [1, reason]);
      assert.match(answers.refused.detail, detail);
      assert.equal(answers.subscribed.id, 2);
      socket.terminate();
    });
  }

  test("WebSockets that say nothing are closed, and others are served meanwhile", async () => {
    const silent = Array.from({ length: 100 }, () => converse(hub.url, { protocols: [PROTO_PROTOCOL] }));
    await undisturbed();
    for (const { code } of await Promise.all(silent)) assert.equal(code, 1000);
    await undisturbed();
  });

  test("clients that leave in the middle of an answer", async () => {
    for (let i = 0; i < 50; i++) {
      const leave = new AbortController();
      const answer = await fetch(hub.url + changes(CAPTURED), {
        headers: { accept: "text/event-stream" },
        signal: leave.signal,
      });
      assert.equal(answer.status, 200);
      leave.abort();
    }
    await undisturbed();
  });
});
