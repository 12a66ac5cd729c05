// express-pouchdb on any free port of loopback, with one database in memory.
//
//   node pouchdb-server.mjs ROWS
//
// Prints its port when the documents are in; ends with its standard input.
import express from "express"
import expressPouchDb from "express-pouchdb"
import PouchDB from "pouchdb"
import memory from "pouchdb-adapter-memory"
import { readRows } from "./rows.mjs"

PouchDB.plugin(memory)
const InMemory = PouchDB.defaults({ adapter: "memory" })

const documents = readRows(process.argv[2]).map(([key, members]) => ({ _id: key, ...members }))
const database = new InMemory("documents")
for (const result of await database.bulkDocs(documents)) {
  if (result.error) throw new Error(`${result.id}: ${result.reason}`)
}

const app = express()
// The least that PouchDB needs, compression of answers included.
app.use("/", expressPouchDb(InMemory, { mode: "minimumForPouchDB", inMemoryConfig: true }))
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port))
process.stdin.resume().on("end", () => process.exit(0))
