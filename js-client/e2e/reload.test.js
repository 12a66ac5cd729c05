// A page that keeps its copy in IndexedDB pays, when it is reloaded, only for what changed since.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { Browser } from "./harness/browser.js";
import { followInPage } from "./harness/followers.js";
import { HubProcess } from "./harness/hub-process.js";
import { Link } from "./harness/link.js";
import { PageServer } from "./harness/page-server.js";
import { RedisServer } from "./harness/redis-server.js";
import { differences, readSource } from "./harness/source-copy.js";

const DATABASE = 5;
const KEYS = 5_000;
const VALUE_BYTES = 200;
// Of a connection that brings nothing: HTTP's upgrade, the handshake, heads of the feeds, acknowledgements.
const CONNECTION_BYTES_MAX = 2_000;
// Of a changed key beside its value, which does not compress: key, version, share of the chunks' heads.
const OVERHEAD_BYTES_MAX = 100;

describe("a reloaded page", { timeout: 600_000 }, () => {
  let redis, source, hub, link, pageServer, browser, follower;
  let marks = 0;

  before(async () => {
    [redis, pageServer, browser] = await Promise.all([
      RedisServer.start(),
      PageServer.start(),
      Browser.launch(),
    ]);
    source = await redis.client(DATABASE);
    await change(0, KEYS);
    hub = await HubProcess.start({
      args: ["--redis", redis.address, "--databases", `${DATABASE}`],
      settings: { gateway: { "allowed-origins": [pageServer.origin] } },
    });
    link = await Link.to(hub.httpPort);
    follower = await followInPage(browser, pageServer, what());
    await follower.ready();
  });

  after(async () => {
    await browser?.close();
    await link?.close();
    await Promise.all([hub?.stop(), redis?.stop(), pageServer?.close()]);
  });

  const what = () => ({
    url: link.url,
    options: { storage: "indexeddb" },
    subscription: { database: `${DATABASE}`, pattern: "*" },
  });

  async function change(from, to) {
    const keys = Array.from({ length: to - from }, (_, i) => `key:${from + i}`);
    await Promise.all(keys.map((key) => source.sendCommand(["SET", key, value()])));
  }

  /**
   * The page is left, `changes` happen, it is opened again. Resolves with the bytes that it received until it has
   * everything.
   */
  async function reload(changes) {
    await follower.leave();
    await changes();
    await source.sendCommand(["SET", `mark:${++marks}`, value()]);
    const before = link.bytesToClients;
    await follower.open(what());
    assert.ok(await follower.restored());
    await follower.sees(`mark:${marks}`);
    const received = link.bytesToClients - before;
    assert.deepEqual(differences(await readSource(source), await follower.copy()), []);
    return received;
  }

  test("pays for a load the first time", async (t) => {
    t.diagnostic(`load: ${link.bytesToClients} bytes`);
    assert.ok(link.bytesToClients > KEYS * VALUE_BYTES * 0.7);
  });

  for (const changed of [0, 1, 50, 500]) {
    test(`pays for ${changed} changes in proportion`, async (t) => {
      const received = await reload(() => change(0, changed));
      t.diagnostic(`${changed} changes: ${received} bytes`);
      const most = CONNECTION_BYTES_MAX + (changed + 1) * (VALUE_BYTES + OVERHEAD_BYTES_MAX);
      assert.ok(received <= most, `${received} bytes for ${changed} changed keys, at most ${most}`);
      assert.ok(received >= changed * VALUE_BYTES * 0.7, `${received} bytes cannot be ${changed} keys`);
    });
  }

  test("pays for deletions, not for what was deleted", async () => {
    const keys = Array.from({ length: 100 }, (_, i) => `key:${i}`);
    const received = await reload(() => source.sendCommand(["DEL", ...keys]));
    assert.ok(received <= CONNECTION_BYTES_MAX + VALUE_BYTES + 101 * OVERHEAD_BYTES_MAX, `${received} bytes`);
  });

  test("has its copy before the hub is there", async () => {
    await follower.leave();
    link.cut();
    await follower.open({ ...what(), options: { ...what().options, offline: true } });
    assert.ok(await follower.restored());
    assert.deepEqual(differences(await readSource(source), await follower.copy()), []);
    link.mend();
    await source.sendCommand(["SET", "back", value()]);
    await follower.sees("back");
  });

  test("that was closed without a word ends equal too", async () => {
    for (let i = 0; i < 5; i++) {
      await change(0, 1_000);
      await follower.open(what());
      await change(500, 1_500);
    }
    await source.sendCommand(["SET", "last", value()]);
    await follower.sees("last");
    assert.deepEqual(differences(await readSource(source), await follower.copy()), []);
  });
});

/** Text of which two bytes are worth one and a half: zstd makes it no smaller than that. */
function value() {
  return randomBytes((VALUE_BYTES * 3) / 4).toString("base64");
}
