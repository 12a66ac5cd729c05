// A hub that says what a test tells it to, over real WebSockets.
import { once } from "node:events";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { WebSocketServer } from "ws";
import { FrameDecoder } from "../../lib/wire/frames.js";
import { decodeCursor, encodeCursor } from "../../lib/wire/messages.js";
import { encodeBatch, encodeBlock, encodeChunks, frame } from "./batches.js";

export const EPOCH = 0x1122334455667788n;
export const at = (version) => ({ epoch: EPOCH, version: BigInt(version) });

/** Values that someone may wait for. */
class Queue {
  #values = [];
  #waiting = [];

  push(value) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(value);
    else this.#values.push(value);
  }

  next() {
    if (this.#values.length > 0) return Promise.resolve(this.#values.shift());
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

export class FakeHub {
  sessions = new Queue();
  requests = [];

  static async start(options = {}) {
    const hub = new FakeHub();
    hub.server = new WebSocketServer({
      host: "127.0.0.1",
      port: options.port ?? 0,
      handleProtocols: (protocols) => (protocols.has("replicator.v1.proto") ? "replicator.v1.proto" : false),
      verifyClient: ({ req }, done) => {
        hub.requests.push({ url: req.url, protocols: req.headers["sec-websocket-protocol"] });
        if (options.status) done(false, options.status);
        else done(true);
      },
    });
    await once(hub.server, "listening");
    hub.port = hub.server.address().port;
    hub.url = `http://127.0.0.1:${hub.port}`;
    hub.server.on("connection", (socket) => hub.sessions.push(new FakeSession(socket)));
    return hub;
  }

  /** The next session, Hello answered. */
  async session(welcome) {
    const session = await this.sessions.next();
    session.hello = await session.receive("hello");
    session.welcome(welcome);
    return session;
  }

  async stop() {
    for (const client of this.server.clients) client.terminate();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const NAMES = { 1: "hello", 5: "ack", 6: "heartbeat", 8: "goodbye", 9: "subscribe", 11: "unsubscribe" };

export class FakeSession {
  #decoder = new FrameDecoder();
  #queues = new Map();
  #batches = new Map();
  closed;

  constructor(socket) {
    this.socket = socket;
    this.closed = once(socket, "close");
    socket.on("message", (data) => this.#decoder.decode(new Uint8Array(data), (content) => this.#onFrame(content)));
    socket.on("error", () => {});
  }

  #onFrame(content) {
    const reader = new BinaryReader(content);
    const [field] = reader.tag();
    this.#queue(NAMES[field] ?? String(field)).push(fieldsOf(reader.bytes()));
  }

  #queue(name) {
    if (!this.#queues.has(name)) this.#queues.set(name, new Queue());
    return this.#queues.get(name);
  }

  /** The next message of that name: its fields by number, the last of each. */
  receive(name) {
    return this.#queue(name).next();
  }

  send(...frames) {
    this.socket.send(Buffer.concat(frames));
  }

  welcome({ heartbeatMs = 5000, creditBytes = 0, batchBytesMax = 0, capabilities = ["subscribe"], version = 1 } = {}) {
    this.send(
      frame(2, (out) => {
        out.tag(1, WireType.Varint).uint32(version);
        for (const name of capabilities) out.tag(2, WireType.LengthDelimited).string(name);
        out.tag(3, WireType.LengthDelimited).string("fake");
        out.tag(4, WireType.Bit64).fixed64(EPOCH);
        out.tag(7, WireType.Varint).uint32(heartbeatMs);
        if (batchBytesMax) out.tag(8, WireType.Varint).uint32(batchBytesMax);
        if (creditBytes) out.tag(10, WireType.Varint).uint32(creditBytes);
      }),
    );
  }

  /** Answers the next Subscribe with a feed; returns what was asked for. */
  async subscribed({ feed = 1, resume = true, resetReason = "", databaseBytes = 0 } = {}) {
    const asked = await this.receive("subscribe");
    const held = asked[4] && fieldsOf(asked[4]);
    const cursor = held && decodeCursor(held[3]);
    this.send(
      frame(10, (out) => {
        out.tag(1, WireType.Varint).uint32(Number(asked[1]));
        out.tag(2, WireType.LengthDelimited).fork();
        out.tag(1, WireType.Varint).uint32(feed);
        out.tag(2, WireType.LengthDelimited).bytes(asked[2]);
        out.tag(6, WireType.LengthDelimited).string("f1");
        if (cursor && resume) encodeCursor(cursor, out.tag(7, WireType.LengthDelimited).fork()).join();
        if (databaseBytes) out.tag(11, WireType.Varint).uint64(databaseBytes);
        if (resetReason) out.tag(8, WireType.LengthDelimited).string(resetReason);
        out.join();
      }),
    );
    return { database: text(asked[2]), pattern: asked[3] && text(asked[3]), cursor, fingerprint: held && text(held[2]) };
  }

  async refuse(reason, detail) {
    const asked = await this.receive("subscribe");
    this.send(
      frame(10, (out) => {
        out.tag(1, WireType.Varint).uint32(Number(asked[1]));
        out.tag(3, WireType.LengthDelimited).fork();
        out.tag(1, WireType.Varint).uint32(reason);
        out.tag(2, WireType.LengthDelimited).string(detail);
        out.join();
      }),
    );
  }

  batch(batch, feed = 1) {
    const number = (this.#batches.get(feed) ?? 0) + 1;
    this.#batches.set(feed, number);
    this.send(...encodeChunks(feed, number, encodeBlock(encodeBatch(batch)), 200));
  }

  heartbeat(sentAtMs) {
    this.send(frame(6, (out) => out.tag(1, WireType.Varint).uint64(sentAtMs)));
  }

  goodbye(reason) {
    this.send(frame(8, (out) => out.tag(1, WireType.LengthDelimited).string(reason)));
  }

  cut() {
    this.socket.terminate();
  }
}

const text = (bytes) => Buffer.from(bytes).toString();

function fieldsOf(bytes) {
  const reader = new BinaryReader(bytes);
  const fields = {};
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    fields[field] = wireType === WireType.Varint ? reader.uint64() : wireType === WireType.LengthDelimited ? reader.bytes() : reader.fixed64();
  }
  return fields;
}

/** A string key as a load or a delta brings it. */
export const string = (key, value, expiresAtMs = 0) => ({ is: "header", key, type: "string", value, expiresAtMs, replaces: true });
export const deleted = (key) => ({ is: "deletedKey", key });

/** The next event of that name. */
export function event(target, name, matching = () => true) {
  return new Promise((resolve) => {
    const unlisten = target.on(name, (value) => {
      if (!matching(value)) return;
      unlisten();
      resolve(value);
    });
  });
}
