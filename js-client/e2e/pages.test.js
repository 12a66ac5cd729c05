// The pages that the hub serves, as a person sees them: pictures of them are in js-client/target/screenshots.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect } from "../lib/node.js";
import { Browser } from "./harness/browser.js";
import { DemoProcess } from "./harness/demo-process.js";
import { Link } from "./harness/link.js";
import { screenshots } from "./harness/paths.js";
import { picture } from "./harness/picture.js";

const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 360, height: 780 };
const VIEWS = {
  light: { colorScheme: "light", viewport: WIDE },
  dark: { colorScheme: "dark", viewport: WIDE },
  narrow: { colorScheme: "light", viewport: NARROW, isMobile: true, hasTouch: true },
  "narrow-dark": { colorScheme: "dark", viewport: NARROW, isMobile: true, hasTouch: true },
};
const PAGES = {
  demo: { path: "/demo", complete: () => liveParts("[data-database]") === 3 },
  operator: { path: "/", complete: () => liveParts("[data-session]") > 1 },
};
const SLOW_READER = "a slow reader";
const LUMINANCE_MIDDLE = 128;
const PATIENCE = { timeout: 60_000 };

describe("the hub's pages", { timeout: 600_000 }, () => {
  let demo, browser, link, slow, onlooker;

  before(async () => {
    await mkdir(screenshots, { recursive: true });
    [demo, browser] = await Promise.all([DemoProcess.start(), Browser.launch()]);
    link = await Link.to(new URL(demo.url).port);
    slow = await connect(link.url, { name: SLOW_READER });
    onlooker = await opened("demo", VIEWS.light);
  });

  after(async () => {
    await slow?.close();
    await browser?.close();
    await link?.close();
    await demo?.stop();
  });

  /** The page, once it shows all that it will show, and has changed by itself since. */
  async function opened(name, view) {
    const page = await browser.page({ ...view, reducedMotion: "reduce" });
    await page.addInitScript(() => {
      window.liveParts = (selector) => document.querySelectorAll(`${selector}[data-state="live"]`).length;
    });
    await page.goto(demo.url + PAGES[name].path);
    await page.waitForFunction(PAGES[name].complete, undefined, PATIENCE);
    for (let changes = 0; changes < 3; changes++) {
      const text = await page.evaluate(() => document.body.innerText);
      await page.waitForFunction((before) => document.body.innerText !== before, text, PATIENCE);
    }
    return page;
  }

  for (const name of Object.keys(PAGES)) {
    for (const [view, options] of Object.entries(VIEWS)) {
      test(`${name}, ${view}`, async () => {
        const page = await opened(name, options);

        const file = join(screenshots, `${name}-${view}.png`);
        await page.screenshot({ path: file, fullPage: true });

        const { colours, luminance } = await picture(page, file);
        assert.ok(colours > 20, `${colours} colours: blank`);
        assert.equal(luminance > LUMINANCE_MIDDLE, options.colorScheme === "light", `luminance ${luminance}`);
        const [scrollWidth, clientWidth] = await page.evaluate(() => {
          const { scrollWidth, clientWidth } = document.documentElement;
          return [scrollWidth, clientWidth];
        });
        assert.ok(scrollWidth <= clientWidth, `${scrollWidth} wide in a window of ${clientWidth}`);
        assert.deepEqual(page.complaints, []);
        await page.context().close();
      });
    }
  }

  test("a session that falls behind stands out on the operator's page", async () => {
    const page = await opened("operator", VIEWS.light);
    await slow.subscribe({ database: 5 }).ready;
    // Until the hub takes it for dead, which is after three silent heartbeats.
    link.stall();
    const row = page.locator("tr[data-session][data-tone]", { hasText: SLOW_READER });
    await row.waitFor(PATIENCE);
    await page.waitForFunction(() => document.title.includes("behind)"), undefined, PATIENCE);
    await page.screenshot({ path: join(screenshots, "operator-behind.png"), fullPage: true });
    link.flow();
    await page.context().close();
  });

  test("the search finds sessions", async () => {
    const page = await opened("operator", VIEWS.light);
    await page.getByRole("searchbox").fill("demo-cl");
    await page.waitForFunction(() => document.querySelectorAll("tr[data-session]").length === 1, undefined, PATIENCE);
    assert.match(await page.locator("tr[data-session]").innerText(), /demo-client/);
    await page.context().close();
  });

  test("a page that was open all the time has no complaints and is live", async () => {
    assert.deepEqual(onlooker.complaints, []);
    assert.equal(await onlooker.evaluate(() => document.body.dataset.state), "live");
  });
});
