import type { Copy, Difference } from "./copy.js";
import type { Entry, Value } from "./entry.js";
import type { DataType } from "./record.js";

/** One key as the array view shows it. Never changes: another value is another item. */
export interface Item {
  readonly key: string;
  readonly value: Value;
  readonly type: DataType;
}

/** A copy as a read-only map from key to value. Live, and nothing is copied for it. */
export class MapView implements ReadonlyMap<string, Value> {
  constructor(private readonly copy: Copy) {}

  get size(): number {
    return this.copy.size;
  }

  get(key: string): Value | undefined {
    return this.copy.visible(key)?.value;
  }

  has(key: string): boolean {
    return this.copy.visible(key) !== undefined;
  }

  /** What kind of value the key holds. */
  typeOf(key: string): DataType | undefined {
    return this.copy.visible(key)?.type;
  }

  *entries(): MapIterator<[string, Value]> {
    for (const entry of this.copy.visibleEntries()) yield [entry.key, entry.value];
    return undefined;
  }

  *keys(): MapIterator<string> {
    for (const entry of this.copy.visibleEntries()) yield entry.key;
    return undefined;
  }

  *values(): MapIterator<Value> {
    for (const entry of this.copy.visibleEntries()) yield entry.value;
    return undefined;
  }

  [Symbol.iterator](): MapIterator<[string, Value]> {
    return this.entries();
  }

  forEach(callback: (value: Value, key: string, map: ReadonlyMap<string, Value>) => void, thisArg?: unknown): void {
    for (const [key, value] of this.entries()) callback.call(thisArg, value, key, this);
  }

  get [Symbol.toStringTag](): string {
    return "MapView";
  }
}

/** So many insertions and removals at once are cheaper one by one than by making the array anew. */
const SPLICES_MAX = 16;

/**
 * A copy as one array, ordered by key (by UTF-16 code units, as `<` does), that stays the same array and is changed in
 * place. An item is replaced when its key changes, so that comparing items tells what did.
 */
export class ArrayView {
  readonly items: Item[];

  constructor(copy: Copy) {
    this.items = Array.from(copy.visibleEntries(), itemOf).sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  update(differences: readonly Difference[]): void {
    const added: Item[] = [];
    let removed = 0;
    for (const { now, before } of differences) {
      if (now === undefined) removed++;
      else if (before === undefined) added.push(itemOf(now));
      else this.items[this.place(now.key)] = itemOf(now);
    }
    if (added.length + removed <= SPLICES_MAX) {
      for (const { key, now } of differences) if (now === undefined) this.items.splice(this.place(key), 1);
      for (const item of added) this.items.splice(this.place(item.key), 0, item);
    } else {
      this.merge(added, new Set(differences.filter(({ now }) => now === undefined).map(({ key }) => key)));
    }
  }

  private merge(added: Item[], removed: ReadonlySet<string>): void {
    added.sort((a, b) => (a.key < b.key ? -1 : 1));
    const items = this.items;
    const kept = removed.size === 0 ? items.slice() : items.filter((item) => !removed.has(item.key));
    items.length = kept.length + added.length;
    let k = 0;
    let a = 0;
    for (let i = 0; i < items.length; i++) {
      const takeKept = a === added.length || (k < kept.length && kept[k].key < added[a].key);
      items[i] = takeKept ? kept[k++] : added[a++];
    }
  }

  /** Index of the first item that is not before `key`. */
  private place(key: string): number {
    const items = this.items;
    let low = 0;
    let high = items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (items[middle].key < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function itemOf(entry: Entry): Item {
  return Object.freeze({ key: entry.key, value: entry.value, type: entry.type });
}
