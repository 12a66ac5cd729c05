/**
 * A live copy of the keys of a Replicator hub, in browsers and Node.js.
 *
 * @module
 */
export { connect, type ConnectOptions } from "./connect.js";
export { Connection, type ConnectionEvents, type ConnectionState } from "./connection.js";
export {
  ClosedError,
  ConnectionError,
  ProtocolError,
  RefusedError,
  ReplicatorError,
  ResetError,
  StorageError,
  UnauthorizedError,
} from "./errors.js";
export type { Unlisten } from "./events.js";
export type { Value } from "./model/entry.js";
export type { DataType, FieldValue, Scalar } from "./model/record.js";
export type { Item, MapView } from "./model/views.js";
export type { BackoffOptions } from "./session/backoff.js";
export type { TransportName } from "./session/dialer.js";
export type { WebSocketConstructor, WebSocketLike } from "./session/websocket.js";
export { MemoryStorage } from "./storage/memory.js";
export type {
  CopyStorage,
  CopyStore,
  StoredChange,
  StoredCopy,
  StoredCursor,
  StoredEntry,
  StoredStanding,
} from "./storage/storage.js";
export {
  type CaughtUpEvent,
  type ChangeEvent,
  type SubscribeOptions,
  Subscription,
  type SubscriptionEvents,
  type SubscriptionState,
} from "./subscription.js";
export type { Binary } from "./wire/bytes.js";
