import { createServer } from "node:net";

// Below the range from which outgoing connections take theirs: a server that is killed gets its port back.
const FIRST = 12_000;
const COUNT = 18_000;

/** A port of the loopback interface that nobody listens on. */
export async function freePort() {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) return port;
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
