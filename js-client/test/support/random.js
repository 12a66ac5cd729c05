/** Random choices that a seed reproduces: `SEED=n node --test …`. */
export class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  static seed() {
    return process.env.SEED ? Number(process.env.SEED) : Math.floor(Math.random() * 2 ** 32);
  }

  /** From 0 to 1 (mulberry32). */
  next() {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  int(below) {
    return Math.floor(this.next() * below);
  }

  chance(probability) {
    return this.next() < probability;
  }

  pick(values) {
    return values[this.int(values.length)];
  }
}
