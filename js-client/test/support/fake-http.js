// The HTTP side of a hub that says what a test tells it to.
import { once } from "node:events";
import { createServer } from "node:http";

/** @param answer (request, response, url, number of the request) => void */
export async function startHttp(answer) {
  const requests = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://hub");
    requests.push(url.pathname + url.search);
    if (url.pathname === "/v1/databases") sendJson(response, []);
    else answer(request, response, url, requests.filter((path) => path.includes("/changes")).length);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function sendJson(response, value, status = 200) {
  response.writeHead(status, { "Content-Type": status === 200 ? "application/json" : "application/problem+json" });
  response.end(JSON.stringify(value));
}

export const CURSOR = (version, position) => `00000000000000aa-${version}${position === undefined ? "" : "-" + position}`;
