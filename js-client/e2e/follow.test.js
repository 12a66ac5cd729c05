// A copy follows a Redis source through the hub, whatever breaks, in pages and in Node.js, over every transport.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as elapse } from "node:timers/promises";
import { Browser } from "./harness/browser.js";
import { followInNode, followInPage } from "./harness/followers.js";
import { HubProcess } from "./harness/hub-process.js";
import { Link } from "./harness/link.js";
import { PageServer } from "./harness/page-server.js";
import { RedisServer } from "./harness/redis-server.js";
import { differences, readSource } from "./harness/source-copy.js";
import { Traffic } from "./harness/traffic.js";

const DATABASE = 5;
const TRANSPORTS = ["websocket", "sse", "poll"];
const OUTAGE_MS = 10_000;

describe("followers of a Redis source", { timeout: 600_000 }, () => {
  let redis, source, hub, pageServer, browser, traffic;
  const links = [];
  const followers = [];

  before(async () => {
    [redis, pageServer, browser] = await Promise.all([
      RedisServer.start(),
      PageServer.start(),
      Browser.launch(),
    ]);
    source = await redis.client(DATABASE);
    traffic = new Traffic(source, { seed: 1, keys: 2_000 });
    await traffic.load();
    hub = await HubProcess.start({
      args: ["--redis", redis.address, "--databases", `${DATABASE}`],
      settings: { gateway: { "allowed-origins": [pageServer.origin] } },
    });
    for (const transport of TRANSPORTS) {
      await add(`Node.js over ${transport}`, transport, followInNode);
      await add(`a page over ${transport}`, transport, (what) => followInPage(browser, pageServer, what));
    }
  });

  after(async () => {
    await browser?.close();
    await Promise.all(followers.map(({ follower }) => follower.close()));
    await Promise.all(links.map((link) => link.close()));
    await Promise.all([hub?.stop(), redis?.stop(), pageServer?.close()]);
  });

  async function add(name, transport, follow) {
    const link = await Link.to(hub.httpPort);
    links.push(link);
    const options = { transport, backoff: { minMs: 100, maxMs: 1_000 } };
    const subscription = { database: `${DATABASE}`, pattern: "*" };
    followers.push({ name, follower: await follow({ url: link.url, options, subscription }) });
  }

  /** One test for each follower: it equals the source once it has what was written last. */
  async function allEqualTheSource(t) {
    const mark = await traffic.mark();
    const expected = await readSource(source);
    for (const { name, follower } of followers) {
      await t.test(name, async () => {
        await follower.sees(mark);
        assert.deepEqual(differences(expected, await follower.copy()), []);
      });
    }
  }

  test("have the initial load", async (t) => {
    await Promise.all(followers.map(({ follower }) => follower.ready()));
    await allEqualTheSource(t);
  });

  test("follow updates of every type, deletions and expiries", async (t) => {
    await traffic.churn(5_000);
    await allEqualTheSource(t);
  });

  test("go on after the hub was killed and restarted", async (t) => {
    await Promise.all([traffic.churn(4_000), hub.kill()]);
    await traffic.churn(2_000);
    await Promise.all([traffic.churn(2_000), hub.restart()]);
    await allEqualTheSource(t);
  });

  test("go on after the network was cut for ten seconds", async (t) => {
    links.forEach((link) => link.cut());
    await traffic.churn(3_000);
    await elapse(OUTAGE_MS);
    links.forEach((link) => link.mend());
    await allEqualTheSource(t);
  });

  test("go on after the network froze for ten seconds", async (t) => {
    links.forEach((link) => link.stall());
    await traffic.churn(3_000);
    await elapse(OUTAGE_MS);
    links.forEach((link) => link.flow());
    await allEqualTheSource(t);
  });

  test("were told every key's final value once, after its last change", async (t) => {
    await traffic.finish();
    await allEqualTheSource(t);
    const expected = await readSource(source);
    for (const { name, follower } of followers) {
      await t.test(`${name}: callbacks`, async () => {
        assert.deepEqual(untold(expected, await follower.history()), []);
      });
    }
  });
});

/**
 * Keys whose callbacks did not end with the final state, or told it more than once. Every key's last change gave
 * it a value that it never had before, or deleted it.
 */
function untold(expected, history) {
  const found = [];
  for (const [key, value] of expected) {
    const told = history.get(key) ?? [];
    const times = told.filter((one) => one === value).length;
    if (told.at(-1) !== value || times !== 1) found.push({ key, value, told });
  }
  for (const [key, told] of history) {
    if (expected.has(key)) continue;
    if (told.at(-1) !== null || told.at(-2) === null) found.push({ key, value: null, told });
  }
  return found;
}
