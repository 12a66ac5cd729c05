import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { setTimeout as elapse } from "node:timers/promises";

const PERIOD_MS = 250;
// Incompressible, so that who reads nothing soon has full buffers.
const PADDING_BYTES = 1_500;

/** Writes one key of each topic at every tick; each value tells when it was written. */
export class Ticker {
  #client;
  #topics;
  #ticks = 0;
  #running = null;

  constructor(client, topics) {
    this.#client = client;
    this.#topics = topics;
  }

  /** How long ago the value was written, by this process' clock. */
  static ageMs(value) {
    return performance.now() - Number(value.slice(0, value.indexOf(" ")));
  }

  async tick() {
    const key = this.#ticks++ % 2 ? "odd" : "even";
    await Promise.all(
      Array.from({ length: this.#topics }, (_, topic) =>
        this.#client.sendCommand(["SET", `topic:${topic}:${key}`, this.#value()]),
      ),
    );
  }

  start() {
    const stop = new AbortController();
    this.#running = { stop, done: this.#run(stop.signal) };
  }

  async stop() {
    this.#running?.stop.abort();
    await this.#running?.done;
    this.#running = null;
  }

  /**
   * Writes keys that come last: one for each digit that the number of a topic begins with. The result names the one
   * that begins with a prefix.
   */
  async mark() {
    const keys = Array.from({ length: 10 }, (_, digit) => `topic:${digit} mark`);
    await this.#client.sendCommand(["MSET", ...keys.flatMap((key) => [key, this.#value()])]);
    return (prefix) => keys.find((key) => key.startsWith(prefix));
  }

  async #run(signal) {
    while (!signal.aborted) {
      await this.tick();
      await elapse(PERIOD_MS, undefined, { signal }).catch(() => {});
    }
  }

  #value() {
    return `${performance.now()} ${randomBytes(PADDING_BYTES / 2).toString("hex")}`;
  }
}
