// What users would publish, installed as users would: needs a registry for the dependencies.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
const run = (cwd, command, ...args) => execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

test("a packed package installs, imports in Node.js and compiles with strict types", (t) => {
  const project = mkdtempSync(join(tmpdir(), "replicator-client-"));
  t.after(() => rmSync(project, { recursive: true, force: true }));
  const [{ filename, files }] = Object.values(JSON.parse(run(root, "npm", "pack", "--json", "--ignore-scripts", "--pack-destination", project)));
  const names = files.map(({ path }) => path);
  for (const name of ["LICENSE", "NOTICE", "README.md", "dist/replicator.js", "examples/quotes.html", "lib/mod.d.ts", "lib/node.js"]) {
    assert.ok(names.includes(name), `${name} is missing`);
  }
  assert.deepEqual(names.filter((name) => /^(src|test|scripts)\/|\.built|\.map$/.test(name)), []);

  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "user", version: "1.0.0", type: "module", private: true }));
  run(project, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", join(project, filename));
  writeFileSync(
    join(project, "main.mjs"),
    'import { connect, ConnectionError } from "replicator-client";\n' +
      'import { connect as bundled } from "replicator-client/bundle";\n' +
      'try { await connect("http://127.0.0.1:9"); } catch (e) { console.log(e instanceof ConnectionError, typeof bundled); }\n',
  );
  assert.equal(run(project, process.execPath, "main.mjs").trim(), "true function");

  writeFileSync(
    join(project, "user.ts"),
    `import { connect, type ChangeEvent, type Value, MemoryStorage } from "replicator-client";
const db = await connect("https://hub.example.org", { token: async () => "t", storage: new MemoryStorage(), transport: "sse" });
const quotes = db.subscribe({ database: 5, pattern: ["quote:*"], signal: AbortSignal.timeout(5) });
const unlisten: () => void = quotes.on("change", ({ key, value, type, deleted }: ChangeEvent) => console.log(key, value, type, deleted));
quotes.on("caughtUp", ({ version }) => version + 1);
const map: ReadonlyMap<string, Value> = quotes.map;
const keys: string[] = quotes.array.map((item) => item.key);
// @ts-expect-error There is no such event.
quotes.on("changed", () => {});
// @ts-expect-error A live view is not to be written to.
quotes.map.set("a", "b");
await quotes.ready;
unlisten();
export { keys, map };
`,
  );
  const options = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom,dom.iterable", "--types", ""];
  run(project, process.execPath, tsc, ...options, "user.ts");
});
