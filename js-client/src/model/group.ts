import { isAt } from "./cursor.js";
import type { Batch } from "./record.js";

export type GroupState = "loading" | "catching-up" | "live";

/** How large a group may be whose changes become visible together. */
export const GROUP_BYTES_MAX = 8 << 20;

/**
 * Decides when the batches of a feed become visible: a whole group, up to its frontier, at once where it fits the limit,
 * otherwise batch by batch. Made anew for each session: what still waits when one ends was never applied, and is pulled
 * again.
 *
 *     catching-up ──(batch of a load)──▶ loading ──(its last batch)──▶ catching-up
 *     any ──(frontier)──▶ live ──(group over the limit)──▶ catching-up or loading
 */
export class GroupRule {
  state: GroupState = "catching-up";
  private waiting: Batch[] = [];
  private waitingBytes = 0;

  /**
   * @param passing whether the group under way was applied in part, or is known not to fit: nothing of it need wait
   */
  constructor(
    private passing = false,
    private readonly groupBytesMax = GROUP_BYTES_MAX,
  ) {}

  /** What to apply now, in this order and at once; empty to wait for more. */
  add(batch: Batch): Batch[] {
    this.waiting.push(batch);
    this.waitingBytes += batch.sizeBytes;
    this.passing ||= this.waitingBytes > this.groupBytesMax;
    if (batch.frontier) {
      this.state = "live";
    } else if (this.state !== "live" || this.passing) {
      this.state = isAt(batch.to) ? "catching-up" : "loading";
    }
    if (!batch.frontier && !this.passing) return [];
    this.passing = !batch.frontier;
    const due = this.waiting;
    this.waiting = [];
    this.waitingBytes = 0;
    return due;
  }
}
