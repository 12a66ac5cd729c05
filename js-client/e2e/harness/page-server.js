import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { bundle, harness, pages } from "./paths.js";
import { freePort } from "./ports.js";

const TYPES = { ".html": "text/html", ".js": "text/javascript" };

/**
 * Serves the tests' pages, as a site of its own would: another origin than the hub's, there also while the hub
 * is not. `/replicator.js` is the client's bundle, `/harness/` what pages share with the tests.
 */
export class PageServer {
  #server = createServer((request, response) => this.#answer(request, response));
  #held = Promise.resolve();
  #release = () => {};

  constructor(port) {
    this.port = port;
    this.origin = `http://127.0.0.1:${port}`;
  }

  static async start() {
    const pages = new PageServer(await freePort());
    pages.#server.listen(pages.port, "127.0.0.1");
    await once(pages.#server, "listening");
    return pages;
  }

  /** From now on `/held` is not answered, until it is released: a page that waits for it does nothing else. */
  hold() {
    this.#held = new Promise((resolve) => (this.#release = resolve));
  }

  release() {
    this.#release();
  }

  async close() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request, response) {
    const path = normalize(new URL(request.url, this.origin).pathname);
    if (path === "/held") await this.#held;
    try {
      const content = path === "/held" ? "" : await readFile(file(path));
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "text/plain" }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  }
}

function file(path) {
  if (path === "/replicator.js") return bundle;
  if (path.startsWith("/harness/")) return join(harness, path.slice("/harness/".length));
  return join(pages, path);
}
