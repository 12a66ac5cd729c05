import { once } from "node:events";
import { connect, createServer } from "node:net";
import { freePort } from "./ports.js";

/** A TCP link to a server on this machine: counts what passes, and breaks or stalls when told to. */
export class Link {
  #server;
  #targetPort;
  #pairs = new Set();
  #passed = { toClients: 0, toServer: 0 };
  #cut = false;
  #stalled = false;

  constructor(port, targetPort) {
    this.port = port;
    this.#targetPort = targetPort;
    this.#server = createServer((client) => this.#accept(client));
  }

  static async to(targetPort) {
    const link = new Link(await freePort(), targetPort);
    link.#server.listen(link.port, "127.0.0.1");
    await once(link.#server, "listening");
    return link;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Bytes that came from the server, over all connections. */
  get bytesToClients() {
    let bytes = this.#passed.toClients;
    this.#pairs.forEach((pair) => (bytes += pair.server.bytesRead));
    return bytes;
  }

  get connections() {
    return this.#pairs.size;
  }

  /** Breaks every connection, and each new one at once, until it is mended. */
  cut() {
    this.#cut = true;
    this.#pairs.forEach((pair) => pair.end());
  }

  mend() {
    this.#cut = false;
  }

  /** Reads nothing more, from either side, new connections included: the kernels' buffers fill, and stay full. */
  stall() {
    this.#stalled = true;
    this.#pairs.forEach((pair) => pair.stall());
  }

  flow() {
    this.#stalled = false;
    this.#pairs.forEach((pair) => pair.flow());
  }

  async close() {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(client) {
    if (this.#cut) {
      client.resetAndDestroy();
      return;
    }
    const pair = new Pair(client, connect(this.#targetPort, "127.0.0.1"), (ended) => {
      if (!this.#pairs.delete(ended)) return;
      this.#passed.toClients += ended.server.bytesRead;
      this.#passed.toServer += ended.client.bytesRead;
    });
    this.#pairs.add(pair);
    if (this.#stalled) pair.stall();
    else pair.flow();
  }
}

/** The two sockets of one connection; when one ends, so does the other. */
class Pair {
  #onEnd;

  constructor(client, server, onEnd) {
    this.client = client;
    this.server = server;
    this.#onEnd = onEnd;
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on("error", () => this.end());
      socket.on("close", () => this.end());
    }
  }

  flow() {
    this.client.pipe(this.server);
    this.server.pipe(this.client);
  }

  stall() {
    this.client.unpipe(this.server).pause();
    this.server.unpipe(this.client).pause();
  }

  end() {
    this.#onEnd(this);
    this.client.destroy();
    this.server.destroy();
  }
}
