import type { CopyStorage, CopyStore, StoredChange, StoredCopy, StoredEntry, StoredStanding } from "./storage.js";

const DATABASE = "replicator";
const STANDINGS = "standings";
const ENTRIES = "entries";
const SCHEMA = 1;
const READ_ENTRIES = 2_000;

/** The standing of a copy, by its name, and who writes it. */
interface StandingRow {
  readonly owner: string;
  readonly standing?: StoredStanding;
}

/** Copies in the browser's IndexedDB: a row for each entry, by the copy's name and the key. */
export class IndexedDbStorage implements CopyStorage {
  /**
   * @param factory the browser's own unless given
   */
  constructor(private readonly factory?: IDBFactory) {}

  async open(name: string): Promise<CopyStore> {
    const database = await this.openDatabase();
    const owner = crypto.randomUUID?.() ?? String(Math.random());
    const transaction = database.transaction(STANDINGS, "readwrite");
    const standings = transaction.objectStore(STANDINGS);
    const row = (await result(standings.get(name))) as StandingRow | undefined;
    standings.put({ ...row, owner } satisfies StandingRow, name);
    await done(transaction);
    return new IndexedDbCopy(database, name, owner);
  }

  private async openDatabase(): Promise<IDBDatabase> {
    const request = (this.factory ?? indexedDB).open(DATABASE, SCHEMA);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(STANDINGS);
      request.result.createObjectStore(ENTRIES);
    };
    return result(request);
  }
}

class IndexedDbCopy implements CopyStore {
  constructor(
    private readonly database: IDBDatabase,
    private readonly name: string,
    private readonly owner: string,
  ) {
    // A later release's page wants to change the schema: do not stand in its way.
    database.onversionchange = () => database.close();
  }

  async read(): Promise<StoredCopy | undefined> {
    const transaction = this.database.transaction([STANDINGS, ENTRIES], "readonly");
    const row = (await result(transaction.objectStore(STANDINGS).get(this.name))) as StandingRow | undefined;
    if (row?.standing === undefined) return undefined;
    const store = transaction.objectStore(ENTRIES);
    const entries: StoredEntry[] = [];
    let lower: IDBValidKey = [this.name];
    for (;;) {
      // An array is after every string: the end of the copy's rows.
      const range = IDBKeyRange.bound(lower, [this.name, []], true, true);
      const rows = (await result(store.getAll(range, READ_ENTRIES))) as StoredEntry[];
      for (const entry of rows) entries.push(entry);
      if (rows.length < READ_ENTRIES) return { standing: row.standing, entries };
      lower = [this.name, rows[rows.length - 1].key];
    }
  }

  async write({ standing, puts, deletes }: StoredChange): Promise<boolean> {
    const transaction = this.database.transaction([STANDINGS, ENTRIES], "readwrite");
    const standings = transaction.objectStore(STANDINGS);
    const row = (await result(standings.get(this.name))) as StandingRow | undefined;
    if (row?.owner !== this.owner) return false;
    const entries = transaction.objectStore(ENTRIES);
    for (const key of deletes) entries.delete([this.name, key]);
    for (const entry of puts) entries.put(entry, [this.name, entry.key]);
    standings.put({ owner: this.owner, standing } satisfies StandingRow, this.name);
    await done(transaction);
    return true;
  }

  close(): void {
    this.database.close();
  }
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function done(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}
