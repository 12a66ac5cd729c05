import type { DataType, FieldValue, Scalar } from "../model/record.js";

/** A cursor as it is stored. */
export interface StoredCursor {
  readonly epoch: string;
  readonly version: string;
  readonly position?: Uint8Array;
}

/** An entry as it is stored. Every value can be cloned by structuredClone. */
export interface StoredEntry {
  readonly key: string;
  readonly type: DataType;
  readonly scalar?: Scalar;
  readonly fields?: Map<string, FieldValue>;
  readonly expiresAtMs: number;
}

/** What belongs to the entries of one copy, replaced as a whole with every write. */
export interface StoredStanding {
  /** Which release of this package wrote it. */
  readonly format: number;
  readonly hubId: string;
  readonly fingerprint: string;
  readonly cursor: StoredCursor;
  readonly building?: StoredEntry;
}

export interface StoredCopy {
  readonly standing: StoredStanding;
  readonly entries: Iterable<StoredEntry>;
}

/** What has become different since the write before. */
export interface StoredChange {
  readonly standing: StoredStanding;
  readonly puts: readonly StoredEntry[];
  readonly deletes: readonly string[];
}

/** One stored copy, open. */
export interface CopyStore {
  /** What is stored; undefined for nothing. */
  read(): Promise<StoredCopy | undefined>;
  /**
   * Makes all of `change` durable, or nothing of it. False, and nothing of it, where another one has opened the same copy
   * since: two writers would mix their states.
   */
  write(change: StoredChange): Promise<boolean>;
  close(): void;
}

/** A place where copies survive a reload. */
export interface CopyStorage {
  /** Opens the copy of that name, and takes it away from whoever has it open. */
  open(name: string): Promise<CopyStore>;
}

export const STORAGE_FORMAT = 1;
