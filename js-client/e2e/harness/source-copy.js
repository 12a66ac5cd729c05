import { RESP_TYPES } from "@redis/client";
import { canonical } from "./canonical.js";
import { text } from "./text.js";

const BYTES = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } };

/** Every key of the database that has the prefix, from Redis itself: name → canonical text of its value. */
export async function readSource(client, prefix = "") {
  const keys = await client.sendCommand(["KEYS", `${prefix}*`], BYTES);
  const copy = new Map();
  await Promise.all(
    keys.map(async (key) => {
      const type = await client.sendCommand(["TYPE", key]);
      if (type !== "none") copy.set(text(key), canonical(type, await read(client, type, key)));
    }),
  );
  return copy;
}

async function read(client, type, key) {
  const ask = (...command) => client.sendCommand(command, BYTES);
  switch (type) {
    case "string":
      return ask("GET", key);
    case "list":
      return ask("LRANGE", key, "0", "-1");
    case "hash":
      return Object.fromEntries(pairs(await ask("HGETALL", key)).map(([f, v]) => [text(f), v]));
    case "set":
      return ask("SMEMBERS", key);
    case "zset":
      return pairs(await ask("ZRANGE", key, "0", "-1", "WITHSCORES"));
    case "stream":
      return (await ask("XRANGE", key, "-", "+")).map(([id, fields]) => [text(id), fields]);
    default:
      throw new Error(`${key} has the type ${type}, which no test writes`);
  }
}

function pairs(flat) {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
}

/** What is wrong with the copy, in words; empty when it equals the source. */
export function differences(source, copy) {
  const found = [];
  for (const [key, value] of source) {
    if (!copy.has(key)) found.push(`${key} is missing, has ${value}`);
    else if (copy.get(key) !== value) found.push(`${key} is ${copy.get(key)}, not ${value}`);
  }
  for (const key of copy.keys()) {
    if (!source.has(key)) found.push(`${key} is not in the source`);
  }
  return found;
}
