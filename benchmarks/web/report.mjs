// How a client in Node.js tells what it got: one line of JSON.
import { createHash } from "node:crypto"

/** @param documents pairs of key and object, in any order */
export function report(ms, documents) {
  const digest = createHash("sha256")
  documents.sort(([a], [b]) => (a < b ? -1 : 1))
  for (const [key, members] of documents) {
    const sorted = Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1))
    digest.update(`${key}\t${JSON.stringify(sorted)}\n`)
  }
  console.log(JSON.stringify({ ms, documents: documents.length, digest: digest.digest("hex") }))
  process.exit(0)
}
