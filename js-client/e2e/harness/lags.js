/** How late changes came, by who was told. */
export class Lags {
  #byClient = new Map();

  add(client, lagMs) {
    const lags = this.#byClient.get(client);
    if (lags) lags.push(lagMs);
    else this.#byClient.set(client, [lagMs]);
  }

  clear() {
    this.#byClient.clear();
  }

  /** In whole milliseconds, over all changes of all clients. */
  summary() {
    const sorted = [...this.#byClient.values()].flat().sort((a, b) => a - b);
    const at = (share) => Math.round(sorted[Math.floor(share * (sorted.length - 1))]);
    return { clients: this.#byClient.size, p50: at(0.5), p99: at(0.99), max: at(1) };
  }
}
