import { chromium as chromiumDriver } from "playwright-core";
import { chromium } from "./paths.js";

const FLAGS = [
  "--no-sandbox", // As root there is none.
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** One Chromium, and in it pages that are independent of each other. */
export class Browser {
  #browser;

  constructor(browser) {
    this.#browser = browser;
  }

  static async launch() {
    return new Browser(await chromiumDriver.launch({ executablePath: chromium, args: FLAGS }));
  }

  /**
   * A page in a profile of its own: storage is shared only with pages that are opened from it. What it says
   * on the console as errors, and errors that nobody caught, are in `page.complaints`.
   */
  async page(options = {}) {
    const context = await this.#browser.newContext(options);
    const page = await context.newPage();
    page.complaints = [];
    page.on("pageerror", (error) => page.complaints.push(`${error}`));
    page.on("console", (message) => {
      if (message.type() === "error") page.complaints.push(message.text());
    });
    return page;
  }

  async close() {
    await this.#browser.close();
  }
}
