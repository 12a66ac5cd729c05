import assert from "node:assert/strict";
import { followInNode } from "./followers.js";

/** A client that is connected while others misbehave, and should not notice. */
export class Bystander {
  #source;
  #follower;
  #writes = 0;

  constructor(source, follower) {
    this.#source = source;
    this.#follower = follower;
  }

  static async of(hub, source, database) {
    const follower = await followInNode({ url: hub.url, subscription: { database, pattern: "*" } });
    await follower.ready();
    return new Bystander(source, follower);
  }

  /** Asserts that what is written next arrives, over the connection that it has had from the beginning. */
  async noticesNothing() {
    const key = `bystander:${++this.#writes}`;
    await this.#source.sendCommand(["SET", key, "1"]);
    await this.#follower.sees(key);
    assert.deepEqual(this.#follower.states(), [], "states of its connection since it was ready");
  }

  async close() {
    await this.#follower.close();
  }
}
