/**
 * The same for Node.js, where WebSockets come from `ws`: Node.js 20 has none of its own.
 *
 * @module
 */
import WebSocket from "ws";
import { connect as connectWith, type ConnectOptions } from "./connect.js";
import type { Connection } from "./connection.js";
import type { WebSocketConstructor } from "./session/websocket.js";

export * from "./mod.js";

export async function connect(url: string | URL | readonly (string | URL)[], options: ConnectOptions = {}): Promise<Connection> {
  return connectWith(url, { WebSocket: WebSocket as unknown as WebSocketConstructor, ...options });
}
