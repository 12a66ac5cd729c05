import { once } from "node:events";
import { WebSocket } from "ws";

const changesUrl = (hubUrl, database, cursor, more = "") =>
  `${hubUrl}/v1/databases/${database}/changes?since=${encodeURIComponent(cursor)}${more}`;

/** What three ways of following a database after a cursor have in common: deltas come, and a key is awaited. */
class Updates {
  #onDelta;
  #seen = new Set();
  #awaited = null;

  constructor(onDelta) {
    this.#onDelta = onDelta;
  }

  /** Resolves when a batch that brought the key has been taken, and the copy is caught up. */
  until(key) {
    if (this.#seen.has(key)) return Promise.resolve();
    return new Promise((resolve) => (this.#awaited = { key, resolve }));
  }

  take(batch) {
    for (const delta of batch.entries) {
      this.#seen.add(delta.k);
      this.#onDelta(delta);
    }
    if (batch.caughtUp && this.#seen.has(this.#awaited?.key)) this.#awaited.resolve();
  }
}

/** One request after the other, each answered when there is something. */
export class LongPoll extends Updates {
  #stop = new AbortController();
  #done;

  static async open(hubUrl, database, cursor, onDelta) {
    const updates = new LongPoll(onDelta);
    updates.#done = updates.#run(hubUrl, database, cursor);
    return updates;
  }

  async close() {
    this.#stop.abort();
    await this.#done;
  }

  async #run(hubUrl, database, since) {
    try {
      for (let cursor = since; ; ) {
        const answer = await fetch(changesUrl(hubUrl, database, cursor, "&wait=20"), {
          signal: this.#stop.signal,
          headers: { accept: "application/json" },
        });
        if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
        const batch = await answer.json();
        cursor = batch.cursor;
        this.take(batch);
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    }
  }
}

/** Server-sent events, read without a browser. */
export class EventStream extends Updates {
  #stop = new AbortController();
  #done;

  static async open(hubUrl, database, cursor, onDelta) {
    const updates = new EventStream(onDelta);
    const answer = await fetch(changesUrl(hubUrl, database, cursor), {
      signal: updates.#stop.signal,
      headers: { accept: "text/event-stream" },
    });
    if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
    updates.#done = updates.#run(answer.body);
    return updates;
  }

  async close() {
    this.#stop.abort();
    await this.#done;
  }

  async #run(body) {
    let text = "";
    try {
      for await (const part of body.pipeThrough(new TextDecoderStream())) {
        const events = (text + part).split("\n\n");
        text = events.pop();
        events.forEach((event) => this.#event(event));
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    }
  }

  #event(event) {
    const data = event
      .split("\n")
      .filter((line) => line.startsWith("data:"))
      .map((line) => line.slice("data:".length));
    if (data.length > 0) this.take(JSON.parse(data.join("\n")));
  }
}

/** The subprotocol replicator.v1.json of WebSocket. */
export class JsonSession extends Updates {
  #socket;

  static async open(hubUrl, database, cursor, onDelta) {
    const updates = new JsonSession(onDelta);
    const socket = new WebSocket(`${hubUrl.replace(/^http/, "ws")}/v1/updates`, "replicator.v1.json");
    updates.#socket = socket;
    socket.on("message", (data) => updates.#message(JSON.parse(data)));
    await once(socket, "open");
    updates.#send({ subscribe: { id: 1, database: `${database}`, cursor } });
    return updates;
  }

  async close() {
    this.#socket.close();
    await once(this.#socket, "close");
  }

  #message(message) {
    if (message.refused) throw new Error(`refused: ${JSON.stringify(message.refused)}`);
    if (message.heartbeat) this.#send({ heartbeat: 1 });
    if (!message.batch) return;
    this.take(message);
    this.#send({ ack: { id: 1, batch: message.batch } });
  }

  #send(message) {
    this.#socket.send(JSON.stringify(message));
  }
}
