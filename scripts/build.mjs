// Builds dist/: one CommonJS bundle with a V8 code cache (a process that runs it starts as fast as one that runs
// nothing), and stubs so that `import "backplane"` in a third party's plugin reaches the very same modules.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { bundleOptions, lazyBuiltIns, root } from "./rolldown.mjs";

const finished = path.join(root, "dist");
// Built beside and put in place at the end, so that who runs meanwhile has the former one.
const dist = path.join(root, `.tmp/dist-${process.pid}`);

let rolldown;
try {
  ({ rolldown } = await import("rolldown"));
} catch {
  // Installed without its development dependencies: the published package brings dist along.
  if (existsSync(path.join(finished, "backplane.cjs"))) process.exit(0);
  console.error("build: the development dependencies are not installed; run npm ci");
  process.exit(1);
}

/** Ids of the plugins that others may import from. */
function contracts() {
  return readdirSync(path.join(root, "plugins"), { recursive: true })
    .map((file) => file.split(path.sep).join("/"))
    .filter((file) => path.posix.basename(file) === "contract.ts")
    .map((file) => path.posix.dirname(file))
    .sort();
}

const RARELY_USED_PARTS =
  /\/plugins\/.*\/late\/|\/plugins\/(?:nvmm|vfio-helpers|xen-mapcache)\/(?!contract)|\/cli\/(?!qemu\/|errors)|\/core\/config\/(?!errors|index|issue|path|size|suggest|render-error|definition)|\/plugins\/timeline\/|\/node_modules\/(?!tsyringe|reflect-metadata|tslib|valibot|koffi)/;

async function bundle() {
  const ids = contracts();
  const entry = path.join(root, ".tmp", `entry-${process.pid}.ts`);
  mkdirSync(path.dirname(entry), { recursive: true });
  writeFileSync(
    entry,
    [
      `export * as root from "../core/index.ts";`,
      // Read at first use: it brings cosmiconfig and yaml along.
      `export const config = () => import("../core/config/read.ts");`,
      `export { systemMain } from "../cli/qemu/main.ts";`,
      `export const backplaneMain = async (...given) => (await import("../cli/main.ts")).backplaneMain(...given);`,
      ...ids.map((id, index) => `import * as contract${index} from "../plugins/${id}/contract.ts";`),
      `export const contracts = { ${ids.map((id, index) => `${JSON.stringify(id)}: contract${index}`).join(", ")} };`,
      "",
    ].join("\n"),
  );
  try {
    const built = await rolldown(bundleOptions({ input: { backplane: entry }, plugins: [lazyBuiltIns] }));
    await built.write({
      dir: dist,
      format: "cjs",
      entryFileNames: "[name].cjs",
      chunkFileNames: "[name].cjs",
      // What only `backplane` and definition files need stays out of what every machine loads.
      codeSplitting: { groups: [{ name: "machine", test: (id) => !RARELY_USED_PARTS.test(id) }] },
      minify: {
        // Names of functions and classes stay: they are read in stack traces.
        mangle: { toplevel: true, keepNames: { function: true, class: true } },
        compress: true,
        codegen: { removeWhitespace: true },
      },
      keepNames: true,
    });
  } finally {
    rmSync(entry, { force: true });
  }
  for (const file of readdirSync(dist)) toAscii(path.join(dist, file));
  return ids;
}

/** Escapes what is not ASCII, so that the launcher can read the text a byte a character and V8 keeps it that way. */
function toAscii(file) {
  const escape = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  writeFileSync(file, readFileSync(file, "utf8").replace(/[^\0-\x7f]/g, escape));
}

/** A CommonJS file whose names Node's lexer can see, re-exporting from the bundle. */
function stub(file, expression, names) {
  const target = path.join(dist, file);
  mkdirSync(path.dirname(target), { recursive: true });
  const up = path.relative(path.dirname(target), path.join(dist, "backplane.cjs"));
  const lines = names
    .filter((name) => /^[A-Za-z_$][\w$]*$/.test(name))
    .map((name) => `exports.${name} = from.${name};`);
  writeFileSync(
    target,
    `"use strict";\nconst from = require(${JSON.stringify(up.startsWith(".") ? up : `./${up}`)})${expression};\n${lines.join("\n")}\n`,
  );
}

/** The test kit, as modules: vitest, which the conformance suite needs, cannot be required. It shares the bundle's core. */
async function kit() {
  const input = {
    kit: path.join(root, "test/kit/index.ts"),
    "kit/conformance": path.join(root, "test/kit/ram-block-notifier-conformance.ts"),
  };
  const built = await rolldown({ ...bundleOptions({ input, external: ["backplane", "vitest"] }) });
  await built.write({ dir: dist, format: "esm", entryFileNames: "[name].mjs", chunkFileNames: "kit/[name].mjs" });
}

const started = performance.now();
const ids = await bundle();
await kit();
const built = createRequire(import.meta.url)(path.join(dist, "backplane.cjs"));
stub("index.cjs", ".root", Object.keys(built.root));
writeFileSync(
  path.join(dist, "config.cjs"),
  ["readDefinition", "definitionSchema"]
    .map(
      (name) =>
        `exports.${name} = async (...given) => (await require("./backplane.cjs").config()).${name}(...given);\n`,
    )
    .join(""),
);
for (const id of ids)
  stub(`plugins/${id}/contract.cjs`, `.contracts[${JSON.stringify(id)}]`, Object.keys(built.contracts[id]));

const warm = spawnSync(process.execPath, [path.join(root, "scripts/warm-cache.cjs"), dist], {
  stdio: ["ignore", "ignore", "inherit"],
  timeout: 60_000,
});
if (warm.status !== 0) {
  console.error(`build: the code cache was not made (status ${warm.status ?? warm.signal}); starts will be slower`);
  process.exitCode = 1;
}
if (process.argv.includes("--types")) {
  const types = ["-p", path.join(root, "tsconfig.build.json"), "--outDir", path.join(dist, "types")];
  const { status } = spawnSync(path.join(root, "node_modules/.bin/tsc"), types, { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
// Whoever starts the executable meanwhile finds the old build or the new one: between the two lies one system call.
const former = path.join(root, `.tmp/former-${process.pid}`);
if (existsSync(finished)) renameSync(finished, former);
renameSync(dist, finished);
rmSync(former, { recursive: true, force: true });
console.error(`build: dist/ in ${Math.round(performance.now() - started)} ms`);
