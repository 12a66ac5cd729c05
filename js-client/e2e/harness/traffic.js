import { setTimeout as elapse } from "node:timers/promises";
import { Random } from "./random.js";

const BINARY = Buffer.from([0xff, 0x00, 0xfe, 0x80]);
const LIFE_MS = 150;

// How each type gets content that it never had before. `n` is a number that no other write has.
const WRITES = {
  string: (key, n) => ["SET", key, `value ${n} äöü €`],
  bytes: (key, n) => ["SET", key, Buffer.concat([BINARY, Buffer.from(`${n}`)])],
  lasting: (key, n) => ["SET", key, `lasting ${n}`, "PX", "3600000"],
  hash: (key, n) => ["HSET", key, `field ${n % 5}`, `${n}`, "latest", `${n}`],
  list: (key, n) => ["RPUSH", key, `element ${n}`],
  set: (key, n) => ["SADD", key, `member ${n}`],
  zset: (key, n) => ["ZADD", key, `${n / 4}`, `member ${n % 9}`],
  stream: (key, n) => ["XADD", key, "*", "n", `${n}`, "n", "a name may repeat"],
};

// What else happens to a type, between writes.
const DISTURBANCES = {
  string: (key, n) => ["APPEND", key, ` ${n}`],
  bytes: (key) => ["SETRANGE", key, "1", "\u0001"],
  lasting: (key) => ["PERSIST", key],
  hash: (key, n) => ["HDEL", key, `field ${n % 5}`],
  list: (key, n) => (n % 2 ? ["LPOP", key] : ["LTRIM", key, "-5", "-1"]),
  set: (key) => ["SPOP", key],
  zset: (key, n) => (n % 2 ? ["ZINCRBY", key, "1.5", `member ${n % 9}`] : ["ZPOPMIN", key]),
  stream: (key) => ["XTRIM", key, "MAXLEN", "3"],
};

const KINDS = Object.keys(WRITES);

/** Writes of every kind into a Redis database: the same ones for the same seed. */
export class Traffic {
  #client;
  #random;
  #keys;
  #mortal = new Set();
  #count = 0;
  #marks = 0;

  /** @param {number} keys how many there are, about */
  constructor(client, { seed, keys }) {
    this.#client = client;
    this.#random = new Random(seed);
    this.#keys = Array.from({ length: keys }, (_, i) => ({ kind: KINDS[i % KINDS.length], i }));
  }

  /** Each key gets a first value. */
  async load() {
    await this.#send(this.#keys.map((key) => this.#write(key)));
  }

  /** That many commands on random keys: writes, partial changes, deletions, other types, expiries. */
  async churn(commands) {
    const sent = Array.from({ length: commands }, () => this.#any(this.#random.among(this.#keys)));
    await this.#send(sent);
  }

  /** The last change of every key: it is deleted, or expires, or gets a value that it never had. */
  async finish() {
    await this.#send(
      this.#keys.map((key) => {
        if (key.i % 10 === 3) return ["DEL", name(key)];
        if (key.i % 10 === 7) return this.#shortLived(key);
        return this.#write(key);
      }),
      ([, key]) => ["DEL", key],
    );
  }

  /**
   * Writes a key that was not there before, and returns its name: who has it has all that came before. What is to
   * expire has expired then, so that the source stays as it is until the next write.
   */
  async mark() {
    await this.#outlive();
    const key = `mark:${++this.#marks}`;
    await this.#client.sendCommand(["SET", key, `${this.#next()}`]);
    return key;
  }

  #any(key) {
    const dice = this.#random.below(20);
    if (dice === 0) return this.#shortLived(key);
    if (dice < 3) return ["DEL", name(key)];
    if (dice < 9) return DISTURBANCES[key.kind](name(key), this.#next());
    return this.#write(key);
  }

  #write(key) {
    return WRITES[key.kind](name(key), this.#next());
  }

  /** Possibly of another type than before. */
  #shortLived(key) {
    this.#mortal.add(name(key));
    return ["SET", name(key), `short-lived ${this.#next()}`, "PX", `${LIFE_MS}`];
  }

  /** Waits for a life's time, then looks at each key that may have expired: Redis removes it at the latest then. */
  async #outlive() {
    await elapse(LIFE_MS + 1);
    await this.#send([...this.#mortal].map((key) => ["EXISTS", key]));
    this.#mortal.clear();
  }

  #next() {
    return ++this.#count;
  }

  /**
   * All at once, as a pipeline. A key may have the wrong type for the command: that changes nothing, unless there
   * is a command to make room for it.
   */
  async #send(commands, makeRoom) {
    await Promise.all(
      commands.map(async (command) => {
        try {
          await this.#client.sendCommand(command);
        } catch (error) {
          if (!/WRONGTYPE|no such key/.test(error.message)) throw error;
          if (makeRoom) await this.#send([makeRoom(command), command]);
        }
      }),
    );
  }
}

/** Keys that hold bytes are bytes themselves: no UTF-8. */
function name({ kind, i }) {
  return kind === "bytes" ? Buffer.concat([BINARY, Buffer.from(`${i}`)]) : `${kind}:${i}`;
}
