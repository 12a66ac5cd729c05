/** How long to wait between attempts to connect. */
export interface BackoffOptions {
  /** Before the second attempt, in milliseconds; 200 unless given. */
  readonly minMs?: number;
  /** At most, in milliseconds; 30,000 unless given. */
  readonly maxMs?: number;
}

/** Delays that double up to a limit, each at random between half and all of it, so that clients do not come in step. */
export class Backoff {
  private readonly minMs: number;
  private readonly maxMs: number;
  private attempt = 0;

  constructor(
    options: BackoffOptions = {},
    private readonly random: () => number = Math.random,
  ) {
    this.minMs = options.minMs ?? 200;
    this.maxMs = Math.max(this.minMs, options.maxMs ?? 30_000);
  }

  nextMs(): number {
    const delay = Math.min(this.maxMs, this.minMs * 2 ** Math.min(this.attempt++, 30));
    return delay / 2 + (this.random() * delay) / 2;
  }

  reset(): void {
    this.attempt = 0;
  }
}
