import type { Entry } from "./entry.js";

/** Entries by the time at which they expire: a binary heap, in which what has changed since is passed over. */
export class ExpiryQueue {
  private heap: { atMs: number; entry: Entry }[] = [];

  get size(): number {
    return this.heap.length;
  }

  add(entry: Entry): void {
    const heap = this.heap;
    const item = { atMs: entry.expiresAtMs, entry };
    let i = heap.push(item) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (heap[parent].atMs <= item.atMs) break;
      heap[i] = heap[parent];
      i = parent;
    }
    heap[i] = item;
  }

  /** When the next entry may expire; undefined where none does. */
  get nextAtMs(): number | undefined {
    return this.heap[0]?.atMs;
  }

  /** Takes out the entries that expire up to `nowMs`. Some may since have got another expiry. */
  takeDue(nowMs: number): Entry[] {
    const due: Entry[] = [];
    while (this.heap.length > 0 && this.heap[0].atMs <= nowMs) {
      const { atMs, entry } = this.heap[0];
      if (entry.expiresAtMs === atMs) due.push(entry);
      this.removeFirst();
    }
    return due;
  }

  /** Forgets all but `entries`. */
  rebuild(entries: Iterable<Entry>): void {
    this.heap = [];
    for (const entry of entries) this.add(entry);
  }

  private removeFirst(): void {
    const heap = this.heap;
    const last = heap.pop() as { atMs: number; entry: Entry };
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1].atMs < heap[child].atMs) child++;
      if (heap[child].atMs >= last.atMs) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = last;
  }
}
