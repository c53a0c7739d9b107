// Loads a module of the console as Node can run it: bundled, in memory.

import path from "node:path";
import { build } from "esbuild";

const root = path.join(import.meta.dirname, "..");

export function load(module) {
  return loaded({ entryPoints: [`src/${module}`] });
}

/** What some lines name, which stand beside `src`: with one Preact between all that they load. */
export function loadLines(...contents) {
  return loaded({ stdin: { contents: contents.join("\n"), resolveDir: root } });
}

async function loaded(entry) {
  const { outputFiles } = await build({
    ...entry,
    absWorkingDir: root,
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
