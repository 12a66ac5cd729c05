import { type Cursor, isAt } from "./cursor.js";
import { Entry, sameValue } from "./entry.js";
import { ExpiryQueue } from "./expiry.js";
import { type Batch, type Change, isCollection } from "./record.js";

/** How one key looks different to programs; `now` undefined where it is gone. */
export interface Difference {
  readonly key: string;
  readonly before: Entry | undefined;
  readonly now: Entry | undefined;
}

/** The keys that a group has touched, each with what programs saw before. */
type Touched = Map<string, { readonly entry: Entry | undefined; readonly revision: number }>;

/** The standing of a copy apart from its entries: what is stored with them. */
export interface Standing {
  cursor: Cursor | undefined;
  /** The key of a load whose fields may go on in the next batch; not among the entries until they are complete. */
  building: Entry | undefined;
}

const EXPIRIES_SLACK = 64;

/**
 * The copy of one subscription: entries and the cursor up to which they are true. No I/O and no clock: batches and the
 * time come in, differences go out.
 *
 * A load that begins over an empty copy fills it. One that begins over another fills a replacement beside it, which takes
 * its place at the first frontier: what programs see is never half of either. An entry whose expiry has come is hidden and
 * kept: the hub's tombstone removes it, or a longer life that was on its way brings it back with all of its fields.
 */
export class Copy {
  readonly standing: Standing = { cursor: undefined, building: undefined };
  private current = new Map<string, Entry>();
  private replacement: Map<string, Entry> | undefined;
  private readonly expiries = new ExpiryQueue();
  private expiring = 0;
  private hiddenCount = 0;

  /** What is true of the cursor, unless {@link replacing}; hidden entries among it. */
  get entries(): ReadonlyMap<string, Entry> {
    return this.current;
  }

  /** Whether the cursor is that of a replacement, which programs do not see yet. */
  get replacing(): boolean {
    return this.replacement !== undefined;
  }

  /** Entries that programs see. */
  get size(): number {
    return this.current.size - this.hiddenCount;
  }

  /** When {@link expire} has to be called next. */
  get nextExpiryMs(): number | undefined {
    return this.expiries.nextAtMs;
  }

  /** The entry as programs see it. */
  visible(key: string): Entry | undefined {
    const entry = this.current.get(key);
    return entry === undefined || entry.hidden ? undefined : entry;
  }

  *visibleEntries(): IterableIterator<Entry> {
    for (const entry of this.current.values()) if (!entry.hidden) yield entry;
  }

  /**
   * Applies batches that belong together.
   *
   * @param nowMs by the hub's clock
   * @param touched gets every key that is another one now, whether or not programs see it
   * @return each key once, as it is after the last batch
   */
  apply(batches: readonly Batch[], nowMs: number, touched?: Set<string>): Difference[] {
    const before: Touched = new Map();
    for (const batch of batches) this.applyBatch(batch, before);
    return this.settle(before, nowMs, touched);
  }

  /** Hides what has expired. */
  expire(nowMs: number): Difference[] {
    const before: Touched = new Map();
    for (const entry of this.expiries.takeDue(nowMs)) {
      if (this.current.get(entry.key) === entry) this.touch(entry.key, entry, before);
    }
    return this.settle(before, nowMs);
  }

  /** Takes over what was stored; the copy must be empty. */
  restore(standing: Standing, entries: Iterable<Entry>, nowMs: number): Difference[] {
    Object.assign(this.standing, standing);
    const before: Touched = new Map();
    for (const entry of entries) this.put(entry, before);
    return this.settle(before, nowMs);
  }

  // ---- Batches

  private applyBatch(batch: Batch, before: Touched): void {
    const standing = this.standing;
    if (batch.from === undefined) {
      this.replacement = this.current.size > 0 ? new Map() : undefined;
      standing.building = undefined;
    }
    if (isAt(batch.from)) {
      for (const change of batch.changes) this.applyDelta(change, before);
    } else {
      for (const change of batch.changes) this.applyLoad(change, before);
      if (!batch.openKey) this.finishBuilding(before);
    }
    standing.cursor = batch.to;
    if (batch.frontier) this.replace(before);
  }

  private applyLoad(change: Change, before: Touched): void {
    const { standing } = this;
    if (change.is !== "header" && change.is !== "field") return;
    if (standing.building?.key !== change.key) this.finishBuilding(before);
    let building = standing.building;
    if (change.is === "header") {
      if (building === undefined || isAnother(building, change)) {
        building = new Entry(change.key, change.type, change.value);
      }
      building.expiresAtMs = change.expiresAtMs;
    } else {
      if (building === undefined || building.type !== change.type) {
        building = new Entry(change.key, change.type, undefined);
      }
      building.setField(change.field, change.value);
    }
    standing.building = building;
  }

  private finishBuilding(before: Touched): void {
    const built = this.standing.building;
    if (built === undefined) return;
    this.standing.building = undefined;
    this.put(built, before);
  }

  private applyDelta(change: Change, before: Touched): void {
    const { key } = change;
    const entry = this.filled.get(key);
    switch (change.is) {
      case "header":
        if (entry === undefined || isAnother(entry, change)) {
          const replacing = new Entry(key, change.type, change.value);
          replacing.expiresAtMs = change.expiresAtMs;
          this.put(replacing, before);
        } else {
          this.touch(key, entry, before);
          this.setExpiry(entry, change.expiresAtMs);
        }
        break;
      case "field":
        if (entry === undefined || entry.type !== change.type) {
          const made = new Entry(key, change.type, undefined);
          made.setField(change.field, change.value);
          this.put(made, before);
        } else {
          this.touch(key, entry, before);
          entry.setField(change.field, change.value);
        }
        break;
      case "deletedField":
        if (entry === undefined) break;
        this.touch(key, entry, before);
        entry.deleteField(change.field);
        break;
      case "deletedKey":
        this.remove(key, before);
        break;
    }
  }

  /** The first frontier of a replacement: it takes its place. */
  private replace(before: Touched): void {
    const { replacement } = this;
    if (replacement === undefined) return;
    this.replacement = undefined;
    for (const entry of this.current.values()) this.touch(entry.key, entry, before);
    for (const key of replacement.keys()) this.touch(key, undefined, before);
    this.current = replacement;
    this.hiddenCount = replacement.size;
    this.expiring = 0;
    for (const entry of replacement.values()) if (entry.expiresAtMs !== 0) this.expiring++;
    this.expiries.rebuild(this.expiringEntries());
  }

  // ---- Entries

  /** What batches change. */
  private get filled(): Map<string, Entry> {
    return this.replacement ?? this.current;
  }

  /** @param entry what the copy holds under the key, now */
  private touch(key: string, entry: Entry | undefined, before: Touched): void {
    if (this.replacement !== undefined || before.has(key)) return;
    const seen = entry === undefined || entry.hidden ? undefined : entry;
    before.set(key, { entry: seen, revision: seen?.revision ?? 0 });
  }

  private put(entry: Entry, before: Touched): void {
    this.discount(entry.key, before);
    this.filled.set(entry.key, entry);
    if (this.replacement !== undefined) return;
    this.hiddenCount++;
    if (entry.expiresAtMs !== 0) this.awaitExpiry(entry);
  }

  private remove(key: string, before: Touched): void {
    this.discount(key, before);
    this.filled.delete(key);
  }

  /** What is held under the key, if anything, is about to go. */
  private discount(key: string, before: Touched): void {
    const entry = this.filled.get(key);
    this.touch(key, entry, before);
    if (entry === undefined || this.replacement !== undefined) return;
    if (entry.hidden) this.hiddenCount--;
    if (entry.expiresAtMs !== 0) this.expiring--;
  }

  private setExpiry(entry: Entry, expiresAtMs: number): void {
    if (entry.expiresAtMs === expiresAtMs) return;
    const expired = entry.expiresAtMs !== 0;
    entry.expiresAtMs = expiresAtMs;
    entry.lapsed = false;
    if (this.replacement !== undefined) return;
    if (expired) this.expiring--;
    if (expiresAtMs !== 0) this.awaitExpiry(entry);
  }

  private awaitExpiry(entry: Entry): void {
    this.expiring++;
    this.expiries.add(entry);
    if (this.expiries.size > 2 * this.expiring + EXPIRIES_SLACK) this.expiries.rebuild(this.expiringEntries());
  }

  private *expiringEntries(): IterableIterator<Entry> {
    for (const entry of this.current.values()) if (entry.expiresAtMs !== 0 && !entry.lapsed) yield entry;
  }

  private settle(before: Touched, nowMs: number, touched?: Set<string>): Difference[] {
    const differences: Difference[] = [];
    for (const [key, was] of before) {
      touched?.add(key);
      const entry = this.current.get(key);
      if (entry !== undefined) this.show(entry, nowMs);
      const now = entry === undefined || entry.hidden ? undefined : entry;
      if (!looksTheSame(was, now)) differences.push({ key, before: was.entry, now });
      else if (now !== undefined && was.entry !== undefined) now.keepValueOf(was.entry);
    }
    return differences;
  }

  private show(entry: Entry, nowMs: number): void {
    if (entry.expiresAtMs !== 0 && entry.expiresAtMs <= nowMs) entry.lapsed = true;
    const hidden = !entry.exists;
    if (hidden !== entry.hidden) this.hiddenCount += hidden ? 1 : -1;
    entry.hidden = hidden;
  }
}

/** Whether a header makes a new key of it, rather than tell only of its expiry. */
function isAnother(entry: Entry, header: Change & { is: "header" }): boolean {
  return header.replaces || !isCollection(header.type) || entry.type !== header.type;
}

function looksTheSame(was: { entry: Entry | undefined; revision: number }, now: Entry | undefined): boolean {
  if (was.entry === undefined || now === undefined) return was.entry === now;
  return was.entry.revision === was.revision && (was.entry === now || sameValue(was.entry, now));
}
