import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { distribution } from "./paths.js";
import { freePort } from "./ports.js";
import { ServerProcess } from "./server-process.js";

/** `replicator hub` from the built distribution, on ports and with a store that outlive its process. */
export class HubProcess {
  #arguments;
  #heap;
  #directory;
  #process;

  constructor(directory, httpPort, args, heap) {
    this.#directory = directory;
    this.#arguments = args;
    this.#heap = heap;
    this.httpPort = httpPort;
  }

  /**
   * @param {object} options
   * @param {string[]} options.args as on the command line: source, databases
   * @param {object} [options.settings] settings under `replicator.hub`
   * @param {string} [options.heap] as in -Xmx
   */
  static async start({ args, settings = {}, heap = "192m" }) {
    const directory = await mkdtemp(join(tmpdir(), "replicator-hub-"));
    const file = join(directory, "hub.json");
    await writeFile(file, JSON.stringify({ replicator: { hub: settings } }));
    const httpPort = await freePort();
    const hub = new HubProcess(
      directory,
      httpPort,
      [
        ...["hub", "--config", file, "--data", join(directory, "data"), "--nowait"],
        ...["--hub", `127.0.0.1:${await freePort()}`, "--http", `127.0.0.1:${httpPort}`],
        ...args,
      ],
      heap,
    );
    await hub.restart();
    return hub;
  }

  /** Starts the process, which must not be running, and resolves when it serves. */
  async restart() {
    // All of the heap from the beginning: what the process grows by later is something else.
    const memory = [`-Xms${this.#heap}`, `-Xmx${this.#heap}`, "-XX:+AlwaysPreTouch"];
    const flags = [...memory, "-XX:+UseG1GC", "-XX:+ExitOnOutOfMemoryError"];
    const main = ["-cp", join(distribution, "lib", "*"), "io.replicator.app.Replicator"];
    this.#process = new ServerProcess("hub", "java", [...flags, ...main, ...this.#arguments]);
    await this.#process.printed(/ serving /);
  }

  get url() {
    return `http://127.0.0.1:${this.httpPort}`;
  }

  /** kill -9. */
  async kill() {
    await this.#process.end("SIGKILL");
  }

  async stop() {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** What the kernel holds in memory for the process. */
  async residentBytes() {
    const status = await readFile(`/proc/${this.#process.pid}/status`, "utf8");
    return Number(/VmRSS:\s*(\d+) kB/.exec(status)[1]) * 1024;
  }

  get output() {
    return this.#process.output;
  }
}
