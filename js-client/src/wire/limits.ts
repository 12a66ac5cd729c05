/** What a hub may make this side allocate. docs/protocol.md has the reasons. */
export const LIMITS = {
  frameBytes: 1 << 20,
  blockBytes: 160 << 20,
  plainBytes: 160 << 20,
  records: 10 << 20,
  sharedBytes: 16 << 20,
  tags: 128,
  tagBytes: 32,
  globs: 1000,
  globBytes: 1024,
  nameLength: 256,
  creditBytes: 64 << 20,
} as const;

/** Used where Welcome says nothing. */
export const CREDIT_BYTES_DEFAULT = 4 << 20;
export const HEARTBEAT_MS_DEFAULT = 5_000;
