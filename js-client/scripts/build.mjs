// Compiles src/ to lib/, and bundles what a browser needs into dist/replicator.js. Nothing where both are newer than what
// they are made from, unless --force.
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const at = (...path) => join(root, ...path);
const stamp = at(".built");

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function isUpToDate() {
  if (process.argv.includes("--force") || !existsSync(stamp)) return false;
  const sources = ["src", "scripts", "package.json", "package-lock.json", "tsconfig.json"].map((name) => newest(at(name)));
  return Math.max(...sources) < statSync(stamp).mtimeMs;
}

/** The licences of what the bundle contains, as they ask for. */
function banner() {
  const { version } = JSON.parse(readFileSync(at("package.json"), "utf8"));
  return `/*! replicator-client ${version}, Apache-2.0. Contains @bufbuild/protobuf (Apache-2.0, BSD-3-Clause: Copyright 2021-2026 Buf Technologies, Inc., 2008 Google Inc.) and fzstd (MIT: Copyright 2020 Arjun Barrett). */`;
}

if (!isUpToDate()) {
  for (const directory of ["lib", "dist"]) rmSync(at(directory), { recursive: true, force: true });
  const tsc = createRequire(import.meta.url).resolve("typescript/package.json");
  execFileSync(process.execPath, [join(dirname(tsc), "bin", "tsc"), "--project", at("tsconfig.json")], { stdio: "inherit" });
  mkdirSync(at("dist"), { recursive: true });
  await build({
    entryPoints: [at("src", "mod.ts")],
    outfile: at("dist", "replicator.js"),
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    legalComments: "none",
    banner: { js: banner() },
    logLevel: "warning",
  });
  writeFileSync(stamp, "");
}
