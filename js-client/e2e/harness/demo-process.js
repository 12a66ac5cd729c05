import { join } from "node:path";
import { distribution } from "./paths.js";
import { ServerProcess } from "./server-process.js";

/** `replicator demo` from the built distribution: a source with traffic, a hub, clients, pages. */
export class DemoProcess {
  #process;

  constructor(process, url) {
    this.#process = process;
    this.url = url;
  }

  static async start() {
    const process = new ServerProcess("demo", "java", [
      ...["-Xmx256m", "-cp", join(distribution, "lib", "*"), "io.replicator.app.Replicator"],
      "demo",
    ]);
    const [, url] = await process.printed(/(http:\/\/[\w.:]+)\/demo/);
    return new DemoProcess(process, url);
  }

  async stop() {
    // In order, because it has servers of its own to stop.
    await this.#process.end("SIGTERM");
  }
}
