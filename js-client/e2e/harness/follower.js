import { canonical } from "./canonical.js";
import { text } from "./text.js";

const BINARY = "base64:";

/**
 * A program that follows one subscription and writes down everything that its callbacks are told. Runs in a page
 * and in Node.js alike; keys are in the form of `text`.
 */
export class Follower {
  #connection;
  #subscription;
  #history = new Map();
  #states = [];
  #waiting = [];

  /**
   * @param {Function} connect of the client
   * @param {{url: string, options?: object, subscription: object}} what
   */
  static async start(connect, { url, options, subscription }) {
    const follower = new Follower();
    follower.#connection = await connect(url, options);
    follower.#connection.on("state", (state) => follower.#states.push(state));
    follower.#follow(follower.#connection.subscribe(subscription));
    return follower;
  }

  #follow(subscription) {
    this.#subscription = subscription;
    subscription.on("change", (change) => this.#noted(change));
    subscription.on("caughtUp", () => this.#look());
  }

  /** Resolves when the copy is complete for the first time. */
  ready() {
    return this.#subscription.ready;
  }

  /** Resolves when what was stored earlier is in the copy; whether there was anything. */
  restored() {
    return this.#subscription.restored;
  }

  /** Resolves when the copy has the key and equals a state of the source. */
  sees(key) {
    return new Promise((resolve) => {
      this.#waiting.push({ isDue: () => this.#subscription.map.has(key), resolve });
      this.#look();
    });
  }

  /** Resolves when each of the keys was there and is gone again. */
  loses(...keys) {
    const isGone = (key) => this.#history.get(key)?.at(-1) === null;
    return new Promise((resolve) => {
      this.#waiting.push({ isDue: () => keys.every(isGone), resolve });
      this.#look();
    });
  }

  value(key) {
    return this.#subscription.map.get(key);
  }

  /** What the copy holds now, as [key, canonical text] pairs. Both of its views say the same. */
  copy() {
    const { map, array } = this.#subscription;
    const fromMap = [...map].map(([key, value]) => entry(key, map.typeOf(key), value)).sort();
    const fromArray = array.map(({ key, type, value }) => entry(key, type, value)).sort();
    if (fromMap.join() !== fromArray.join()) throw new Error("the views of the copy differ");
    return fromMap;
  }

  /** For each key the canonical texts that callbacks were told, in order; null for a deletion. As pairs. */
  history() {
    return [...this.#history];
  }

  /** Of the connection, since it was open for the first time. */
  states() {
    return this.#states;
  }

  /** Ends it; resolves when what is to survive is stored. */
  close() {
    return this.#connection.close();
  }

  #noted({ key, type, value, deleted }) {
    const now = deleted ? null : canonical(type, value);
    const told = this.#history.get(name(key));
    if (told) told.push(now);
    else this.#history.set(name(key), [now]);
    this.#look();
  }

  #look() {
    if (this.#subscription.state !== "live") return;
    const due = this.#waiting.filter(({ isDue }) => isDue());
    this.#waiting = this.#waiting.filter((waiting) => !due.includes(waiting));
    due.forEach(({ resolve }) => resolve());
  }
}

function entry(key, type, value) {
  return [name(key), canonical(type, value)];
}

function name(key) {
  if (!key.startsWith(BINARY)) return key;
  return text(Uint8Array.from(atob(key.slice(BINARY.length)), (character) => character.charCodeAt(0)));
}
