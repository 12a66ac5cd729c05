import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

/** The built distribution: what bin/replicator runs. */
export const distribution = path("../../../app/target/dist");
export const bundle = path("../../dist/replicator.js");
export const pages = path("../pages/");
export const harness = path("./");
export const screenshots = path("../../target/screenshots/");
export const chromium = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
