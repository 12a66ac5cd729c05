/**
 * The hub's clock, which decides what has expired, as far as it is known here: this machine's and the largest difference
 * that a message of the hub's showed on arrival, as the one that was under way for the shortest time.
 */
export class HubClock {
  private offsetMs: number | undefined;

  constructor(private readonly localMs: () => number = Date.now) {}

  nowMs(): number {
    return this.localMs() + (this.offsetMs ?? 0);
  }

  /** The hub wrote that it was `hubMs`, just now or earlier. */
  observe(hubMs: number): void {
    if (hubMs === 0) return;
    const offset = hubMs - this.localMs();
    if (this.offsetMs === undefined || offset > this.offsetMs) this.offsetMs = offset;
  }

  /** A session begins: either clock may have been set meanwhile. */
  reset(): void {
    this.offsetMs = undefined;
  }

  /** For how long, by this machine's clock, until the hub's shows `hubMs`. */
  untilMs(hubMs: number): number {
    return hubMs - this.nowMs();
  }
}
