import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@redis/client";
import { freePort } from "./ports.js";
import { ServerProcess } from "./server-process.js";

/** A redis-server of its own, empty, nothing saved. */
export class RedisServer {
  #process;
  #directory;
  #clients = [];

  constructor(port, directory, process) {
    this.port = port;
    this.#directory = directory;
    this.#process = process;
  }

  static async start() {
    const directory = await mkdtemp(join(tmpdir(), "replicator-redis-"));
    const port = await freePort();
    const process = new ServerProcess("redis-server", "redis-server", [
      ...["--port", `${port}`, "--bind", "127.0.0.1", "--dir", directory],
      ...["--save", "", "--repl-diskless-sync-delay", "0"],
    ]);
    await process.printed(/[Rr]eady to accept connections/);
    return new RedisServer(port, directory, process);
  }

  get address() {
    return `127.0.0.1:${this.port}`;
  }

  /** A connection that has selected the database; ends with the server. */
  async client(database) {
    const client = createClient({ socket: { host: "127.0.0.1", port: this.port }, database, RESP: 2 });
    client.on("error", () => {}); // Each command that fails tells.
    this.#clients.push(await client.connect());
    return client;
  }

  async stop() {
    this.#clients.forEach((client) => client.destroy());
    await this.#process.end();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
