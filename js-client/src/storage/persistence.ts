import { StorageError } from "../errors.js";
import type { Copy, Standing } from "../model/copy.js";
import { Entry } from "../model/entry.js";
import {
  type CopyStorage,
  type CopyStore,
  STORAGE_FORMAT,
  type StoredCopy,
  type StoredEntry,
} from "./storage.js";

/** So long, changes wait for others before they are written. */
const WRITE_DELAY_MS = 250;
/** So many keys are written without waiting. */
const DIRTY_KEYS_MAX = 5_000;

/** What identifies the feed that a copy belongs to. */
export interface FeedIdentity {
  readonly hubId: string;
  readonly fingerprint: string;
}

/** A copy as it was stored. */
export interface Restored {
  readonly identity: FeedIdentity;
  readonly standing: Standing;
  readonly entries: Iterable<Entry>;
}

/**
 * Keeps a copy and its cursor in a storage, always both in one transaction. Writes go one at a time; what changes
 * meanwhile is collected by key, so a key that changes often is written now and then. After an error nothing more is
 * written: what is stored stays true of its older cursor.
 */
export class Persistence {
  private store: CopyStore | undefined;
  private readonly dirty = new Set<string>();
  private readonly waiting: (() => void)[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private writing: Promise<void> | undefined;

  /**
   * @param name what the copy is stored under
   * @param onError is told once, when storing ends
   */
  constructor(
    private readonly storage: CopyStorage,
    private readonly name: string,
    private readonly copy: Copy,
    private readonly identity: () => FeedIdentity | undefined,
    private readonly onError: (error: StorageError) => void,
  ) {}

  /** What is stored, if anything that can be read. */
  async open(): Promise<Restored | undefined> {
    try {
      this.store = await this.storage.open(this.name);
      const stored = await this.store.read();
      return stored?.standing.format === STORAGE_FORMAT ? restored(stored) : undefined;
    } catch (cause) {
      this.fail("cannot read the stored copy", cause);
      return undefined;
    }
  }

  /**
   * The copy has changed.
   *
   * @param stored called once that is durable, or will never be
   */
  changed(keys: Iterable<string>, stored: () => void): void {
    // A replacement is stored once it is complete; until then, what is stored is the old copy with its own cursor.
    if (this.store === undefined || this.copy.replacing) {
      stored();
      return;
    }
    for (const key of keys) this.dirty.add(key);
    this.waiting.push(stored);
    if (this.writing !== undefined) return;
    if (this.dirty.size >= DIRTY_KEYS_MAX) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), WRITE_DELAY_MS);
  }

  /** Writes what has not been written; resolves when it is. */
  async close(): Promise<void> {
    await this.writing;
    if (this.waiting.length > 0) this.flush();
    await this.writing;
    this.end();
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { store, copy } = this;
    const identity = this.identity();
    const cursor = copy.standing.cursor;
    if (store === undefined || identity === undefined || cursor === undefined || copy.replacing) {
      for (const stored of this.waiting.splice(0)) stored();
      return;
    }
    const { building } = copy.standing;
    const puts: StoredEntry[] = [];
    const deletes: string[] = [];
    for (const key of this.dirty) {
      const entry = copy.entries.get(key);
      if (entry === undefined) deletes.push(key);
      else puts.push(storedEntry(entry));
    }
    this.dirty.clear();
    const confirmed = this.waiting.splice(0);
    const standing = {
      format: STORAGE_FORMAT,
      ...identity,
      cursor: { ...cursor, epoch: String(cursor.epoch), version: String(cursor.version) },
      ...(building && { building: storedEntry(building) }),
    };
    this.writing = store
      .write({ standing, puts, deletes })
      .then(
        (written) => {
          // Another page has taken the copy over and goes on with it.
          if (!written) this.end();
        },
        (cause: unknown) => this.fail("cannot store the copy", cause),
      )
      .then(() => {
        this.writing = undefined;
        for (const stored of confirmed) stored();
        if (this.waiting.length > 0) this.timer ??= setTimeout(() => this.flush(), WRITE_DELAY_MS);
      });
  }

  private fail(what: string, cause: unknown): void {
    this.end();
    const detail = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    this.onError(new StorageError(`${what}, it goes on in memory only: ${detail}`, { cause }));
  }

  private end(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.store?.close();
    this.store = undefined;
    this.dirty.clear();
    for (const stored of this.waiting.splice(0)) stored();
  }
}

function storedEntry(entry: Entry): StoredEntry {
  const { key, type, scalar, fields, expiresAtMs } = entry;
  return { key, type, expiresAtMs, ...(fields === undefined ? { scalar } : { fields }) };
}

function entryOf(stored: StoredEntry): Entry {
  const entry = new Entry(stored.key, stored.type, stored.scalar);
  entry.expiresAtMs = stored.expiresAtMs;
  if (stored.fields !== undefined) entry.fields = new Map(stored.fields);
  return entry;
}

function restored({ standing, entries }: StoredCopy): Restored {
  const { hubId, fingerprint, cursor, building } = standing;
  return {
    identity: { hubId, fingerprint },
    standing: {
      cursor: { ...cursor, epoch: BigInt(cursor.epoch), version: BigInt(cursor.version) },
      building: building && entryOf(building),
    },
    entries: Array.from(entries, entryOf),
  };
}
