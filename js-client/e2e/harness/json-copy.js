import { canonical } from "./canonical.js";
import { text } from "./text.js";

/**
 * A copy that is kept by JSON entries and deltas, as the API documents them: a second reading of that page, beside
 * the client's own.
 */
export class JsonCopy {
  #entries = new Map();

  apply(delta) {
    const key = decoded(delta.k, delta.b);
    const name = text(key);
    if (delta.d) this.#entries.delete(name);
    else if ("v" in delta) this.#entries.set(name, { type: delta.y, value: decoded(delta.v, delta.b) });
    else this.#patch(this.#entries.get(name), delta);
  }

  value(key) {
    return this.#entries.get(key)?.value;
  }

  canonical() {
    return new Map([...this.#entries].map(([key, { type, value }]) => [key, canonical(type, value)]));
  }

  #patch(entry, delta) {
    if (!entry) throw new Error(`a patch of ${delta.k}, which was never told`);
    const set = decoded(delta.set ?? (entry.type === "hash" ? {} : []), delta.b);
    const gone = new Set((delta.del ?? []).map((field) => text(decoded(field, delta.b))));
    entry.value = PATCHES[entry.type](entry.value, set, gone);
  }
}

const PATCHES = {
  hash: (value, set, gone) => ({
    ...Object.fromEntries(Object.entries(value).filter(([field]) => !gone.has(field))),
    ...set,
  }),
  set: (value, set, gone) => distinct([...value, ...set], text).filter((member) => !gone.has(text(member))),
  zset: (value, set, gone) =>
    distinct([...value, ...set], ([member]) => text(member)).filter(([member]) => !gone.has(text(member))),
  stream: (value, set, gone) =>
    [...value, ...set].filter(([id]) => !gone.has(id)).sort(([a], [b]) => compareIds(a, b)),
};

/** The last of those with the same name. */
function distinct(elements, nameOf) {
  return [...new Map(elements.map((element) => [nameOf(element), element])).values()];
}

function compareIds(a, b) {
  const [aMs, aSeq] = a.split("-").map(BigInt);
  const [bMs, bSeq] = b.split("-").map(BigInt);
  if (aMs !== bMs) return aMs < bMs ? -1 : 1;
  return aSeq < bSeq ? -1 : aSeq > bSeq ? 1 : 0;
}

/** With `b`, every string is base64. */
function decoded(value, base64) {
  if (!base64) return value;
  if (typeof value === "string") return Buffer.from(value, "base64");
  if (Array.isArray(value)) return value.map((element) => decoded(element, true));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([field, content]) => [text(decoded(field, true)), decoded(content, true)]),
    );
  }
  return value;
}
