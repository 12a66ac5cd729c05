// An empty PouchDB in memory replicates a database once.
//
//   node pouchdb-client.mjs URL
import PouchDB from "pouchdb"
import memory from "pouchdb-adapter-memory"
import { report } from "./report.mjs"

PouchDB.plugin(memory)
const copy = new PouchDB("copy", { adapter: "memory" })

const startedAt = performance.now()
await PouchDB.replicate(`${process.argv[2]}/documents`, copy)
const ms = performance.now() - startedAt

const { rows } = await copy.allDocs({ include_docs: true })
report(
  ms,
  rows.map(({ id, doc: { _id, _rev, ...members } }) => [id, members]),
)
