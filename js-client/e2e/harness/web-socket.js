import { WebSocket } from "ws";

/**
 * Opens a WebSocket to the hub, sends the messages and waits for its end.
 *
 * @param {{protocols?: string[], headers?: object, messages?: (string|Buffer)[]}} conversation
 * @return {Promise<{answer: object|null, received: Buffer[], code: number, reason: string}>} `answer` is that of a request
 *     which was not upgraded, as a fetch's
 */
export function converse(hubUrl, { protocols = [], headers = {}, messages = [] }) {
  const socket = new WebSocket(`${hubUrl.replace(/^http/, "ws")}/v1/updates`, protocols, { headers });
  const received = [];
  return new Promise((resolve) => {
    socket.on("unexpected-response", async (_, response) => {
      const body = (await response.toArray()).join("");
      const answer = { status: response.statusCode, headers: new Headers(response.headers), text: async () => body };
      resolve({ answer, received });
    });
    socket.on("open", () => messages.forEach((message) => socket.send(message)));
    socket.on("message", (data) => received.push(data));
    // A connection that breaks tells by its end, with the code 1006.
    socket.on("error", () => {});
    socket.on("close", (code, reason) => resolve({ answer: null, received, code, reason: reason.toString() }));
  });
}
