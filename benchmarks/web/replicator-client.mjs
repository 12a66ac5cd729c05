// An empty client of a hub gets every document of a database once.
//
//   node replicator-client.mjs CLIENT URL DATABASE     CLIENT: the folder of the built js-client
import { report } from "./report.mjs"

const [folder, url, database] = process.argv.slice(2)
const { connect } = await import(`${folder}/lib/node.js`)

const startedAt = performance.now()
const connection = await connect(url)
const copy = connection.subscribe({ database })
await copy.ready
const documents = Array.from(copy.map, ([key, value]) => [key, JSON.parse(value)])
const ms = performance.now() - startedAt

report(ms, documents)
