// What every client has to report, the time aside.
//
//   node expected.mjs ROWS
import { report } from "./report.mjs"
import { readRows } from "./rows.mjs"

report(0, readRows(process.argv[2]))
