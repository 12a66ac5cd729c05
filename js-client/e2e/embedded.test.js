// A database that the hub owns itself: written over HTTP, seen by pages, durable when answered.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { canonical } from "./harness/canonical.js";
import { Browser } from "./harness/browser.js";
import { followInPage } from "./harness/followers.js";
import { HubProcess } from "./harness/hub-process.js";
import { PageServer } from "./harness/page-server.js";

const DATABASE = "board";
const VALUES = {
  string: "ein Wert € äöü",
  hash: { name: "Ada", born: "1815" },
  list: ["first", "second", "second"],
  set: ["a", "b"],
  zset: [
    ["low", 1.5],
    ["high", "inf"],
  ],
  stream: [
    ["1-1", ["f", "v", "f", "again"]],
    ["2-0", ["g", "w"]],
  ],
};

describe("an embedded database", { timeout: 600_000 }, () => {
  let hub, pageServer, browser, page;

  before(async () => {
    [pageServer, browser] = await Promise.all([PageServer.start(), Browser.launch()]);
    hub = await HubProcess.start({
      args: ["--embedded", DATABASE],
      settings: { gateway: { "allowed-origins": [pageServer.origin] } },
    });
    page = await followInPage(browser, pageServer, {
      url: hub.url,
      options: { backoff: { minMs: 100, maxMs: 1_000 } },
      subscription: { database: DATABASE, pattern: "*" },
    });
    await page.ready();
  });

  after(async () => {
    await browser?.close();
    await Promise.all([hub?.stop(), pageServer?.close()]);
  });

  const entry = (key) => `${hub.url}/v1/databases/${DATABASE}/entries/${encodeURIComponent(key)}`;
  const put = (key, body, headers = {}) =>
    fetch(entry(key), {
      method: "PUT",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });

  for (const [type, value] of Object.entries(VALUES)) {
    test(`a ${type} that is written is seen by the page and read back`, async () => {
      const answer = await put(`a ${type}/ü`, { y: type, v: value });
      assert.ok(answer.ok, await answer.text());
      await page.sees(`a ${type}/ü`);

      const read = await (await fetch(entry(`a ${type}/ü`))).json();
      assert.equal(canonical(read.y, read.v), canonical(type, value));
      const seen = await page.value(`a ${type}/ü`);
      assert.equal(canonical(type, seen), canonical(type, value));
    });
  }

  test("a deletion and an expiry are seen by the page", async () => {
    await put("deleted", { v: "1" });
    await page.sees("deleted");
    assert.ok((await fetch(entry("deleted"), { method: "DELETE" })).ok);
    const written = (await put("expired", { v: "2", t: 200 })).headers.get("replicator-cursor");

    await page.loses("deleted", "expired");
    // A page takes away what is due by itself; the hub deletes it at about the same time, and tells.
    const changes = `${hub.url}/v1/databases/${DATABASE}/changes?since=${written}&wait=10`;
    assert.deepEqual((await (await fetch(changes)).json()).entries, [{ k: "expired", d: true }]);

    assert.equal((await fetch(entry("deleted"))).status, 404);
    assert.equal((await fetch(entry("expired"))).status, 404);
  });

  test("of two writers with the same version, one wins", async () => {
    await put("contended", { v: "0" });
    const version = (await fetch(entry("contended"))).headers.get("etag");
    const answers = await Promise.all(
      ["1", "2", "3", "4"].map((v) => put("contended", { v }, { "if-match": version })),
    );
    const statuses = answers.map((answer) => answer.status).sort();
    assert.deepEqual(statuses.slice(1), [412, 412, 412]);
    assert.ok(statuses[0] < 300);
  });

  test("kill -9 of the hub loses nothing that was answered", async () => {
    const answered = new Map();
    let killed;
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let i = 0; ; i++) {
        try {
          const answer = await put(`durable:${writer}:${i}`, { v: `${i}` });
          if (answer.ok) answered.set(`durable:${writer}:${i}`, `${i}`);
          if (answered.size === 500) killed = hub.kill();
        } catch {
          return; // The hub is gone, and with it the answer.
        }
      }
    });

    await Promise.all(writers);
    await killed;
    await hub.restart();
    await put("after the restart", { v: "1" });
    await page.sees("after the restart");

    const copy = await page.copy();
    const lost = [...answered].filter(([key, value]) => copy.get(key) !== `string ${JSON.stringify(value)}`);
    assert.deepEqual(lost, []);
    assert.ok(answered.size >= 500);
  });
});
