// Documents as the benchmark hands them over: lines of key, tab, JSON object.
import { readFileSync } from "node:fs"

/** Pairs of key and object. */
export function readRows(file) {
  return readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [key, value] = line.split("\t")
      return [key, JSON.parse(value)]
    })
}
