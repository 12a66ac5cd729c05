import { ConnectionError, ProtocolError, RefusedError, type ReplicatorError } from "../errors.js";
import { toBase64Url, utf8 } from "../wire/bytes.js";
import { WireSession } from "./session.js";
import type { FeedSink, Transport, TransportListener } from "./transport.js";

/** The part of the WebSocket interface that is used: browsers', and that of npm's `ws`. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  readonly protocol: string;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "close" | "error" | "message", listener: (event: never) => void): void;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

export const SUBPROTOCOL = "replicator.v1.proto";
const TOKEN_SUBPROTOCOL = "replicator.token.";
const UPDATES_PATH = "v1/updates";
const OPEN = 1;
const NORMAL_CLOSURE = 1000;

export interface WebSocketTransportOptions {
  readonly url: URL;
  readonly token: string | undefined;
  readonly clientId: string;
  readonly clientName: string;
  readonly handshakeTimeoutMs: number;
  readonly WebSocket: WebSocketConstructor;
}

/** The session of the wire over one WebSocket: message borders mean nothing. */
export class WebSocketTransport implements Transport {
  private readonly socket: WebSocketLike;
  private readonly session: WireSession;
  private readonly handshakeTimer: ReturnType<typeof setTimeout>;
  private over = false;

  constructor(
    options: WebSocketTransportOptions,
    feeds: Iterable<FeedSink>,
    private readonly listener: TransportListener,
  ) {
    this.session = new WireSession(options.clientId, options.clientName, {
      send: (bytes) => this.send(bytes),
      welcomed: (hubId) => {
        clearTimeout(this.handshakeTimer);
        listener.opened(hubId);
      },
      hubTime: (ms) => listener.hubTime(ms),
      failed: (error) => this.end(error),
    });
    for (const feed of feeds) this.session.add(feed);
    const protocols = [SUBPROTOCOL];
    if (options.token !== undefined) protocols.push(TOKEN_SUBPROTOCOL + toBase64Url(utf8(options.token)));
    const url = new URL(UPDATES_PATH, options.url);
    url.protocol = url.protocol.replace("http", "ws");
    this.socket = new options.WebSocket(url.href, protocols);
    this.socket.binaryType = "arraybuffer";
    this.handshakeTimer = setTimeout(
      () => this.end(new ConnectionError(`no answer from ${url.host} within ${options.handshakeTimeoutMs} ms`)),
      options.handshakeTimeoutMs,
    );
    this.socket.addEventListener("open", () => this.onOpen());
    this.socket.addEventListener("message", (event: { data: unknown }) => this.onMessage(event.data));
    this.socket.addEventListener("error", () => {
      // The close event that follows tells.
    });
    this.socket.addEventListener("close", (event: { code: number; reason: string }) => {
      const reason = event.reason ? `${event.code} ${event.reason}` : String(event.code);
      this.end(new ConnectionError(`the WebSocket to ${url.host} closed: ${reason}`));
    });
  }

  add(feed: FeedSink): void {
    this.session.add(feed);
  }

  remove(feed: FeedSink): void {
    this.session.remove(feed);
  }

  probe(): void {
    this.session.probe();
  }

  close(reason: string): void {
    if (this.over) return;
    this.session.sayGoodbye(reason);
    this.finish();
  }

  private onOpen(): void {
    if (this.over) return;
    if (this.socket.protocol !== SUBPROTOCOL) {
      this.end(new ProtocolError(`the server speaks the subprotocol "${this.socket.protocol}", not ${SUBPROTOCOL}`));
      return;
    }
    this.session.begin();
  }

  private onMessage(data: unknown): void {
    if (this.over) return;
    if (data instanceof ArrayBuffer) this.session.receive(new Uint8Array(data));
    else this.end(new ProtocolError("the hub sent a text message where bytes were due"));
  }

  private send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.socket.readyState === OPEN) this.socket.send(bytes);
  }

  private end(error: ReplicatorError): void {
    if (this.over) return;
    if (!(error instanceof RefusedError)) this.session.sayGoodbye(error.message);
    this.finish();
    this.listener.ended(error);
  }

  private finish(): void {
    this.over = true;
    clearTimeout(this.handshakeTimer);
    this.session.end();
    // Before it is open, closing aborts it.
    this.socket.close(NORMAL_CLOSURE);
  }
}
