// Pages of other sites may not use a hub unless its operator says so; tokens; headers of the hub's own pages.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Browser } from "./harness/browser.js";
import { followInPage } from "./harness/followers.js";
import { HubProcess } from "./harness/hub-process.js";
import { PageServer } from "./harness/page-server.js";
import { assertProblem } from "./harness/problems.js";

const DATABASE = "board";
const TOKEN = "s3cret/with+signs=and~more";
const ROUTES = [
  "/v1/databases",
  `/v1/databases/${DATABASE}/entries`,
  `/v1/databases/${DATABASE}/entries/key`,
  `/v1/databases/${DATABASE}/changes`,
  "/v1/updates",
  "/v1/status",
  "/metrics",
  "/openapi.json",
];
const TRANSPORTS = ["websocket", "sse", "poll"];

describe("who may use a hub from a browser", { timeout: 600_000 }, () => {
  let closed, open, pageServer, browser;

  before(async () => {
    [pageServer, browser] = await Promise.all([PageServer.start(), Browser.launch()]);
    [closed, open] = await Promise.all([
      HubProcess.start({ args: ["--embedded", DATABASE] }),
      HubProcess.start({
        args: ["--embedded", DATABASE],
        settings: { gateway: { "allowed-origins": [pageServer.origin], token: TOKEN } },
      }),
    ]);
    await write(closed, "greeting");
    await write(open, "greeting", { authorization: `Bearer ${TOKEN}` });
  });

  after(async () => {
    await browser?.close();
    await Promise.all([closed?.stop(), open?.stop(), pageServer?.close()]);
  });

  async function write(hub, key, headers = {}) {
    const answer = await put(hub, key, headers);
    assert.ok(answer.ok, await answer.text());
  }

  const put = (hub, key, headers) =>
    fetch(`${hub.url}/v1/databases/${DATABASE}/entries/${key}`, {
      method: "PUT",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ v: "hello" }),
    });

  const follow = (hub, options) =>
    followInPage(browser, pageServer, {
      url: hub.url,
      options,
      subscription: { database: DATABASE, pattern: "*" },
    });

  test("refuses every route to another origin", async () => {
    for (const route of ROUTES) {
      for (const origin of [pageServer.origin, "null", "https://evil.example", `${closed.url}.evil.example`]) {
        await assertProblem(await fetch(closed.url + route, { headers: { origin } }), 403, /origin/i);
      }
    }
  });

  test("refuses writes of another origin, and writes nothing", async () => {
    await assertProblem(await put(closed, "smuggled", { origin: pageServer.origin }), 403);
    const read = await fetch(`${closed.url}/v1/databases/${DATABASE}/entries/smuggled`);
    await assertProblem(read, 404);
  });

  for (const transport of TRANSPORTS) {
    test(`a page of another origin gets nothing over ${transport}`, async () => {
      const error = await follow(closed, { transport }).then(
        () => assert.fail("it was let in"),
        (error) => error,
      );
      assert.match(error.message, /ConnectionError|UnauthorizedError/);
    });

    test(`a page of an allowed origin with the token follows over ${transport}`, async () => {
      const follower = await follow(open, { transport, token: TOKEN });
      await follower.ready();
      assert.deepEqual([...(await follower.copy())], [["greeting", 'string "hello"']]);
      assert.deepEqual(follower.page.complaints, []);
      await follower.close();
    });

    test(`a page with another token gets nothing over ${transport}`, async () => {
      await assert.rejects(follow(open, { transport, token: `${TOKEN}!` }), /UnauthorizedError/);
    });
  }

  test("a page of the hub's own origin needs no permission", async () => {
    const page = await browser.page();
    await page.goto(closed.url);
    const greeting = await page.evaluate(async (database) => {
      const { connect } = await import("/replicator.js");
      const connection = await connect(location.origin);
      const subscription = connection.subscribe({ database, pattern: "*" });
      await subscription.ready;
      return subscription.map.get("greeting");
    }, DATABASE);
    assert.equal(greeting, "hello");
    await page.context().close();
  });

  test("wants the token on every route but health and the pages' files", async () => {
    for (const route of ROUTES.filter((route) => route !== "/openapi.json")) {
      for (const authorization of [undefined, "Bearer wrong", `Basic ${btoa("a:b")}`]) {
        const headers = authorization ? { authorization } : {};
        const answer = await fetch(open.url + route, { headers });
        assert.match(answer.headers.get("www-authenticate") ?? "", /Bearer/, route);
        await assertProblem(answer, 401);
      }
    }
    for (const route of ["/health/live", "/health/ready", "/", "/replicator.js"]) {
      const answer = await fetch(open.url + route);
      assert.equal(answer.status, 200, route);
      await answer.arrayBuffer();
    }
  });

  test("an allowed page may write, which needs a preflight", async () => {
    const page = await browser.page();
    await page.goto(`${pageServer.origin}/follower.html`);
    const status = await page.evaluate(
      async ([url, token]) => {
        const answer = await fetch(url, {
          method: "PUT",
          headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
          body: JSON.stringify({ v: { written: "by a page" } }),
        });
        return [answer.status, answer.headers.get("replicator-cursor")];
      },
      [`${open.url}/v1/databases/${DATABASE}/entries/page`, TOKEN],
    );
    assert.match(status.join(" "), /^20[014] [0-9a-f]{16}-\d+$/);
    await page.context().close();
  });

  test("answers preflights of other origins with a refusal", async () => {
    const answer = await fetch(`${open.url}/v1/databases/${DATABASE}/entries/key`, {
      method: "OPTIONS",
      headers: {
        origin: "https://evil.example",
        "access-control-request-method": "PUT",
        "access-control-request-headers": "authorization",
      },
    });
    assert.equal(answer.headers.get("access-control-allow-origin"), null);
    await assertProblem(answer, 403);
  });

  for (const path of ["/", "/demo"]) {
    test(`${path} has security headers`, async () => {
      const { status, headers } = await fetch(closed.url + path);
      assert.equal(status, 200);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.match(headers.get("referrer-policy") ?? "", /no-referrer|same-origin/);
      const policy = headers.get("content-security-policy") ?? "";
      assert.match(policy, /default-src 'none'|default-src 'self'/);
      assert.match(policy, /frame-ancestors 'none'/);
      assert.doesNotMatch(policy, /script-src[^;]*('unsafe-inline'|'unsafe-eval'|\*)/);
    });
  }
});
