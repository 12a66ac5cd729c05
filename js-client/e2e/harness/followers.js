import { connect } from "../../lib/node.js";
import { Follower } from "./follower.js";

/** A follower in Node.js, with the same methods as one in a page. */
export async function followInNode(what) {
  const follower = await Follower.start(connect, what);
  return {
    ready: () => follower.ready(),
    sees: (key) => follower.sees(key),
    states: () => follower.states(),
    copy: async () => new Map(follower.copy()),
    history: async () => new Map(follower.history()),
    close: () => follower.close(),
  };
}

/** A follower in a page of the browser, which is opened for it. */
export async function followInPage(browser, pageServer, what) {
  const follower = new PageFollower(await browser.page(), pageServer.origin);
  await follower.open(what);
  return follower;
}

class PageFollower {
  #origin;

  constructor(page, origin) {
    this.page = page;
    this.#origin = origin;
  }

  /** Loads the page, for the first time or again, and follows. */
  async open(what) {
    await this.page.goto(`${this.#origin}/follower.html`);
    await this.page.evaluate((what) => window.follow(what), what);
  }

  ready() {
    return this.page.evaluate(() => window.follower.ready());
  }

  restored() {
    return this.page.evaluate(() => window.follower.restored());
  }

  sees(key) {
    return this.page.evaluate((key) => window.follower.sees(key), key);
  }

  loses(...keys) {
    return this.page.evaluate((keys) => window.follower.loses(...keys), keys);
  }

  value(key) {
    return this.page.evaluate((key) => window.follower.value(key), key);
  }

  async copy() {
    return new Map(await this.page.evaluate(() => window.follower.copy()));
  }

  async history() {
    return new Map(await this.page.evaluate(() => window.follower.history()));
  }

  /** Ends the connection, as a page can that is about to be left. */
  leave() {
    return this.page.evaluate(() => window.follower.close());
  }

  async close() {
    await this.page.context().close();
  }
}
