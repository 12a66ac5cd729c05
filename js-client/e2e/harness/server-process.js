import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const LINES_KEPT = 400;
const running = new Set();

// Whatever ends the tests: no server outlives them.
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** A server as a child process: what it prints can be awaited, and is told when it fails. */
export class ServerProcess {
  #name;
  #child;
  #exited;
  #lines = [];
  #waiting = new Set();

  constructor(name, command, args, options = {}) {
    this.#name = name;
    this.#child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    running.add(this.#child);
    this.#exited = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(error.message));
      this.#child.once("exit", (code, signal) => resolve(signal ?? `code ${code}`));
    }).then((how) => {
      running.delete(this.#child);
      this.#waiting.forEach((line) => line.fail(`ended (${how})`));
      return how;
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => this.#print(line));
    }
  }

  get pid() {
    return this.#child.pid;
  }

  /** The latest lines that it printed, on both streams. */
  get output() {
    return this.#lines.join("\n");
  }

  /** Resolves with the match of the first line, printed already or still to come, that has the pattern. */
  printed(pattern, timeoutMs = 60_000) {
    for (const line of this.#lines) {
      const match = pattern.exec(line);
      if (match) return Promise.resolve(match);
    }
    return new Promise((resolve, reject) => {
      const line = {
        pattern,
        found: (match) => settle(() => resolve(match)),
        fail: (why) =>
          settle(() => reject(new Error(`${this.#name} ${why} before ${pattern}:\n${this.output}`))),
      };
      const timer = setTimeout(() => line.fail(`ran ${timeoutMs} ms`), timeoutMs);
      const settle = (outcome) => {
        clearTimeout(timer);
        this.#waiting.delete(line);
        outcome();
      };
      this.#waiting.add(line);
    });
  }

  /** Sends the signal and resolves when the process is gone. */
  async end(signal = "SIGKILL") {
    if (running.has(this.#child)) this.#child.kill(signal);
    return this.#exited;
  }

  /** Resolves with the signal or "code N" when the process has ended. */
  get exited() {
    return this.#exited;
  }

  #print(line) {
    if (this.#lines.length === LINES_KEPT) this.#lines.shift();
    this.#lines.push(line);
    for (const waiting of [...this.#waiting]) {
      const match = waiting.pattern.exec(line);
      if (match) waiting.found(match);
    }
  }
}
