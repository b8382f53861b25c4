// Runs a TypeScript entry of this repository: node scripts/run-ts.mjs FILE [ARG…]
// Node 20 does not read TypeScript, so the entry is bundled beside the sources (relative data paths go on
// working through `repositoryRoot`) and imported; dependencies stay in node_modules.
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { bundleOptions, root } from "./rolldown.mjs";

const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) {
  console.error("usage: node scripts/run-ts.mjs FILE [ARG…]");
  process.exit(2);
}
const folder = path.join(root, ".tmp");
mkdirSync(folder, { recursive: true });
const out = path.join(folder, `${path.basename(entry, ".ts")}-${process.pid}.mjs`);
const options = bundleOptions({ input: path.resolve(entry) });
const bundle = await rolldown({
  ...options,
  external: (id) =>
    options.external(id) ||
    (/^[a-z@][^:]*$/i.test(id) &&
      !id.startsWith("backplane") &&
      !id.startsWith("@oxc-project/") &&
      !path.isAbsolute(id)),
});
await bundle.write({ file: out, format: "esm", sourcemap: "inline", codeSplitting: false });
process.env["BACKPLANE_ROOT"] = root;
process.argv = [process.argv[0], path.resolve(entry), ...args];
process.on("exit", () => rmSync(out, { force: true }));
await import(pathToFileURL(out).href);
