// Builds the console into the folder that the API function serves: `node build.mjs [folder]`. With
// a third argument, the address of an API, it writes a site of its own into the folder instead, for
// any server of static files: `index.html`, `docs.html` and `console/files/`.
//
// Names of scripts and styles hold a hash of what is in them, so that browsers may keep them for
// ever. Each file also lies there compressed, so that no request pays for compressing it.

import { spawnSync } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = import.meta.dirname;
const client = path.join(here, "../clients/typescript");
const target = path.resolve(process.argv[2] ?? path.join(here, "../src/triggers_api/static/console"));
const api = process.argv[3]; // elsewhere; else the page's own

/** Run a tool; what it finds it says itself. */
function run(...command) {
  const { status } = spawnSync(process.execPath, command, { stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) process.exit(status ?? 1);
}

function generateTypes() {
  const cli = path.join(path.dirname(createRequire(import.meta.url).resolve("openapi-typescript/package.json")), "bin/cli.js");
  const document = path.join(here, "../docs/openapi.json");
  const options = ["--default-non-nullable", "false", "-o", path.join(client, "src/openapi.ts")];
  run(cli, document, ...options);
}

function check() {
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  run(tsc, "--noEmit", "-p", here);
}

async function bundle() {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: ["src/main.tsx", "src/docs.tsx", "src/styles/main.css"],
    splitting: true,
    chunkNames: "shared-[hash]",
    entryNames: "[name]-[hash]",
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022"],
    jsx: "automatic",
    jsxImportSource: "preact",
    alias: { "triggers-client": path.join(client, "src/index.ts") },
    outdir: target,
    write: false,
    legalComments: "none",
  });
  const files = new Map(outputFiles.map((file) => [path.basename(file.path), Buffer.from(file.contents)]));
  const named = (text, file) => {
    const [stem, type] = file.split(".");
    const hashed = [...files.keys()].find((name) => name.startsWith(`${stem}-`) && name.endsWith(`.${type}`));
    return text.replace(file, hashed);
  };
  for (const page of ["console.html", "docs.html", "front.html"]) {
    const text = await readFile(path.join(here, "src", page), "utf8");
    files.set(page, Buffer.from(["main.js", "docs.js", "main.css"].reduce(named, text)));
  }
  return files.set("icon.svg", await readFile(path.join(here, "src/icon.svg")));
}

/** The same files as a site of its own, whose pages say where the API is, and may call it alone. */
function asSite(files) {
  const { href, origin } = new URL(api);
  const policy = `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src ${origin}; base-uri 'none'; form-action 'none'`;
  const told = `<meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="triggers-api" content="${href.replace(/\/+$/, "")}" />`;
  files.delete("front.html"); // it leads to what the API has
  const placed = [...files].map(([name, content]) => {
    if (!name.endsWith(".html")) return [`console/files/${name}`, content];
    const page = content.toString().replace('<meta charset="utf-8" />', `<meta charset="utf-8" />\n    ${told}`);
    return [name === "console.html" ? "index.html" : name, Buffer.from(page)];
  });
  return new Map(placed);
}

async function write(files) {
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  let total = 0;
  for (const [name, content] of files) {
    const packed = gzipSync(content, { level: constants.Z_BEST_COMPRESSION });
    total += packed.length;
    const file = path.join(target, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
    if (api === undefined) await writeFile(`${file}.gz`, packed);
  }
  return total;
}

if (api === undefined) {
  generateTypes();
  check();
}
const files = await bundle();
const total = await write(api === undefined ? files : asSite(files));
console.log(`The console is built: ${(total / 1024).toFixed(0)} KB compressed.`);
