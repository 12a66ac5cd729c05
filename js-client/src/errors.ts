/** What every error of this package is: `name` and `code` are stable, the message is for people. */
export class ReplicatorError extends Error {
  /** Stable, for programs. */
  readonly code: string;

  /**
   * @param name as text, because minifiers rename classes
   */
  constructor(name: string, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
    this.code = code;
  }
}

/** No connection, or it broke. The client tries again by itself, except in {@link connect}. */
export class ConnectionError extends ReplicatorError {
  constructor(message: string, options?: ErrorOptions) {
    super("ConnectionError", "CONNECTION", message, options);
  }
}

/** The hub said no: to the session, or to one subscription. */
export class RefusedError extends ReplicatorError {
  /** The hub's stable reason, such as `UNKNOWN_DATABASE`. */
  readonly reason: string;

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super("RefusedError", "REFUSED", message, options);
    this.reason = reason;
  }
}

/** The hub wants a token, another one, or does not serve pages of this origin. */
export class UnauthorizedError extends ReplicatorError {
  constructor(message: string, options?: ErrorOptions) {
    super("UnauthorizedError", "UNAUTHORIZED", message, options);
  }
}

/** The other side broke the protocol, or what came is damaged or over a limit. */
export class ProtocolError extends ReplicatorError {
  constructor(message: string, options?: ErrorOptions) {
    super("ProtocolError", "PROTOCOL", message, options);
  }
}

/**
 * The cursor was no good any more, so everything is loaded anew. Told by an `error` event; what the copy holds stays
 * until the load has replaced it.
 */
export class ResetError extends ReplicatorError {
  constructor(message: string, options?: ErrorOptions) {
    super("ResetError", "RESET", message, options);
  }
}

/** What should survive a reload cannot be stored; the copy in memory goes on. */
export class StorageError extends ReplicatorError {
  constructor(message: string, options?: ErrorOptions) {
    super("StorageError", "STORAGE", message, options);
  }
}

/** The connection or the subscription was closed by this program. */
export class ClosedError extends ReplicatorError {
  constructor(message: string, options?: ErrorOptions) {
    super("ClosedError", "CLOSED", message, options);
  }
}
