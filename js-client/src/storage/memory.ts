import type { CopyStorage, CopyStore, StoredChange, StoredCopy, StoredEntry, StoredStanding } from "./storage.js";

interface Kept {
  standing: StoredStanding | undefined;
  readonly entries: Map<string, StoredEntry>;
  owner: object | undefined;
}

/** Copies that survive their connection, not their process: for tests, and as the shortest example of a storage. */
export class MemoryStorage implements CopyStorage {
  private readonly copies = new Map<string, Kept>();

  async open(name: string): Promise<CopyStore> {
    const kept: Kept = this.copies.get(name) ?? { standing: undefined, entries: new Map(), owner: undefined };
    this.copies.set(name, kept);
    const owner = {};
    kept.owner = owner;
    return {
      read: async (): Promise<StoredCopy | undefined> =>
        kept.standing && { standing: kept.standing, entries: [...kept.entries.values()] },
      write: async ({ standing, puts, deletes }: StoredChange) => {
        if (kept.owner !== owner) return false;
        for (const key of deletes) kept.entries.delete(key);
        for (const entry of puts) kept.entries.set(entry.key, structuredClone(entry));
        kept.standing = structuredClone(standing);
        return true;
      },
      close: () => {},
    };
  }
}
