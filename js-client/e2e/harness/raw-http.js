import { connect } from "node:net";

/**
 * Sends bytes to a port, as no HTTP library would, and resolves with what came until the server closed.
 *
 * @param {(socket: import("node:net").Socket) => void} send
 */
export function rawExchange(port, send) {
  return new Promise((resolve, reject) => {
    const received = [];
    const socket = connect(port, "127.0.0.1", () => send(socket));
    socket.on("data", (data) => received.push(data));
    socket.on("error", (error) => {
      // Closed while we still wrote: what the server said before counts.
      if (!["ECONNRESET", "EPIPE"].includes(error.code)) reject(error);
    });
    socket.on("close", () => resolve(rawResponse(Buffer.concat(received).toString("utf8"))));
  });
}

/** As a fetch's answer, as far as tests look at it; null when the server said nothing. */
function rawResponse(text) {
  if (text === "") return null;
  const [head, ...body] = text.split("\r\n\r\n");
  const [statusLine, ...lines] = head.split("\r\n");
  const headers = new Headers(lines.map((line) => line.split(/:\s*/, 2)));
  return { status: Number(statusLine.split(" ")[1]), headers, text: async () => body.join("\r\n\r\n") };
}
