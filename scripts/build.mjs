// Builds dist/: one CommonJS bundle with a V8 code cache (a process that runs it starts as fast as one that runs
// nothing), and stubs so that `import "backplane"` in a third party's plugin reaches the very same modules.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { bundleOptions, root } from "./rolldown.mjs";

const dist = path.join(root, "dist");

let rolldown;
try {
  ({ rolldown } = await import("rolldown"));
} catch {
  // Installed without its development dependencies: the published package brings dist along.
  if (existsSync(path.join(dist, "backplane.cjs"))) process.exit(0);
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
      `export { backplaneMain } from "../cli/main.ts";`,
      ...ids.map((id, index) => `import * as contract${index} from "../plugins/${id}/contract.ts";`),
      `export const contracts = { ${ids.map((id, index) => `${JSON.stringify(id)}: contract${index}`).join(", ")} };`,
      "",
    ].join("\n"),
  );
  try {
    const built = await rolldown({ ...bundleOptions({ input: entry }) });
    rmSync(dist, { recursive: true, force: true });
    await built.write({
      file: path.join(dist, "backplane.cjs"),
      format: "cjs",
      codeSplitting: false,
      minify: { mangle: false, compress: true, codegen: { removeWhitespace: true } },
      keepNames: true,
    });
  } finally {
    rmSync(entry, { force: true });
  }
  return ids;
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

const started = performance.now();
const ids = await bundle();
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

const warm = spawnSync(process.execPath, [path.join(root, "scripts/warm-cache.cjs")], {
  stdio: ["ignore", "ignore", "inherit"],
  timeout: 60_000,
});
if (warm.status !== 0) {
  console.error(`build: the code cache was not made (status ${warm.status ?? warm.signal}); starts will be slower`);
  process.exitCode = 1;
}
console.error(`build: dist/ in ${Math.round(performance.now() - started)} ms`);
