// How long from nothing until a new connection shows its first entry, connection after connection.
//
//   node first-entry.mjs CLIENT URL DATABASE COUNT     CLIENT: the folder of the built js-client
//
// Prints the milliseconds of each as one JSON array; the first is that of a process that has just started.
const [folder, url, database, count] = process.argv.slice(2)
const { connect } = await import(`${folder}/lib/node.js`)

const times = []
for (let round = 0; round < Number(count); round++) {
  const startedAt = performance.now()
  const connection = await connect(url)
  const copy = connection.subscribe({ database })
  await new Promise((resolve, reject) => {
    copy.on("change", resolve)
    copy.on("error", reject)
  })
  times.push(performance.now() - startedAt)
  await connection.close()
}
console.log(JSON.stringify(times))
process.exit(0)
