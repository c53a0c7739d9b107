// Loads a module of the console as Node can run it: bundled, in memory.

import path from "node:path";
import { build } from "esbuild";

const root = path.join(import.meta.dirname, "..");

export async function load(module) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [`src/${module}`],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    jsx: "automatic",
    jsxImportSource: "preact",
    alias: { "triggers-client": path.join(root, "../clients/typescript/src/index.ts") },
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
}
