import { Connection } from "./connection.js";
import { ClosedError } from "./errors.js";
import { Backoff, type BackoffOptions } from "./session/backoff.js";
import { Dialer, type TransportName } from "./session/dialer.js";
import type { WebSocketConstructor } from "./session/websocket.js";
import { IndexedDbStorage } from "./storage/indexeddb.js";
import type { CopyStorage } from "./storage/storage.js";

export interface ConnectOptions {
  /** What the hub wants to see; a function is asked before every attempt. */
  readonly token?: string | (() => string | Promise<string>);
  /** Closes the connection. */
  readonly signal?: AbortSignal;
  /**
   * How updates come. `auto`, the default, is the best that gets through: `websocket`, or where something between blocks
   * that, `sse` (one streamed answer for each subscription), or where something holds streams back, `poll`.
   */
  readonly transport?: TransportName | "auto";
  /** Where copies survive a reload. Nowhere unless given. */
  readonly storage?: "indexeddb" | CopyStorage;
  /** Resolve without waiting for a hub, and show what is stored until there is one. */
  readonly offline?: boolean;
  /** For people, on the hub's pages and in its logs. */
  readonly name?: string;
  readonly backoff?: BackoffOptions;
  /** How long a hub may take to answer, in milliseconds; 10,000 unless given. */
  readonly timeoutMs?: number;
  readonly WebSocket?: WebSocketConstructor;
  readonly fetch?: typeof fetch;
}

const TIMEOUT_MS_DEFAULT = 10_000;

/**
 * Connects to a hub.
 *
 * @param url where its HTTP gateway is, such as `https://hub.example.org`; with several, each attempt takes the next
 * @return a connection that has had a first answer, and that from then on reconnects by itself
 * @throws ConnectionError where no hub answers, RefusedError or UnauthorizedError where one says no; the signal's reason
 *     where that aborts
 */
export async function connect(url: string | URL | readonly (string | URL)[], options: ConnectOptions = {}): Promise<Connection> {
  options.signal?.throwIfAborted();
  const urls = (Array.isArray(url) ? url : [url]).map(baseUrl);
  if (urls.length === 0) throw new TypeError("connect() needs the URL of a hub");
  const dialer = new Dialer(urls, {
    transport: options.transport ?? "auto",
    token: options.token,
    clientId: randomId(),
    clientName: options.name ?? "",
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS_DEFAULT,
    WebSocket: options.WebSocket,
    fetch: options.fetch,
  });
  const connection = new Connection({
    dialer,
    backoff: new Backoff(options.backoff),
    storage: storageOf(options.storage),
    storageName: urls[0].href,
    signal: options.signal,
  });
  if (!options.offline) await opened(connection, urls.length, options.signal);
  return connection;
}

/** Resolves at the first answer; closes the connection where none of `attempts` gets one. */
async function opened(connection: Connection, attempts: number, signal: AbortSignal | undefined): Promise<void> {
  let failures = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      connection.on("state", (state) => {
        if (state === "open") resolve();
        else if (state === "closed") reject(signal?.reason ?? new ClosedError("the connection was closed before a hub answered"));
      });
      connection.on("error", (error) => {
        if (++failures >= attempts) reject(error);
      });
    });
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function storageOf(storage: ConnectOptions["storage"]): CopyStorage | undefined {
  return storage === "indexeddb" ? new IndexedDbStorage() : storage;
}

function baseUrl(url: string | URL): URL {
  const base = new URL(url, (globalThis as { location?: Location }).location?.href);
  base.protocol = base.protocol.replace(/^ws/, "http");
  if (base.protocol !== "http:" && base.protocol !== "https:") {
    throw new TypeError(`"${base.href}" is no URL of a hub: http, https, ws and wss are`);
  }
  base.hash = base.search = "";
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  return base;
}

/** Stable across the reconnects of one connection. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (b) => b.toString(16).padStart(2, "0")).join("");
}
