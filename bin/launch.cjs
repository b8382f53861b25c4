"use strict";
// Loads the bundle, its large part (machine.cjs: what every machine needs) through a V8 code cache. That module is
// entered in require's cache under its own file name, so that whoever requires it, a third party's plugin which imports
// "backplane" among them, gets this instance and not a second one.
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const v8 = require("node:v8");
const vm = require("node:vm");

/** Longer than a start lasts. */
const START_MS = 250;

/** V8's flags for a start, and what they are otherwise. The budget has another name since Node 22. */
const FLAGS = [
  { start: "--no-sparkplug", later: "--sparkplug" },
  { start: "--semi-space-growth-factor=16", later: "--semi-space-growth-factor=2" },
  ...(process.versions.node.startsWith("20.")
    ? [{ start: "--interrupt-budget=4000000", later: "--interrupt-budget=67584" }]
    : []),
];

/**
 * Sets V8 up for a start, which is over before most of what it does would pay:
 *
 * - the optimizing compilers wait, but for loops that go on for long: they would spend a tenth of the start on code that has
 *   nearly done its work
 * - the young generation grows at once, as nearly all that is made stays
 *
 * Code caches agree with the flags of the process that made them. So Node's own modules are loaded before, and the script
 * has been read from its cache; `load` calls this at the right moment.
 */
function tuneForStart() {
  for (const name of ["node:events", "node:net", "node:os", "node:tty", "node:util"]) require(name);
  void [process.stdin, process.stdout, process.stderr];
  for (const { start } of FLAGS) v8.setFlagsFromString(start);
  // Back to what Node has by itself: machines run for long.
  setTimeout(() => {
    for (const { later } of FLAGS) v8.setFlagsFromString(later);
  }, START_MS).unref();
}

/** Returns the bundle's exports, and the script for whoever makes the cache. `isStart`: a machine starts, and soon. */
exports.load = function load({ dist = path.join(__dirname, "../dist"), isStart = false } = {}) {
  const file = path.join(dist, "machine.cjs");
  let source;
  try {
    source = fs.readFileSync(file, "latin1");
  } catch {
    process.stderr.write("backplane: dist/ is missing; run `npm run build` first\n");
    process.exit(1);
  }
  let cachedData;
  try {
    cachedData = fs.readFileSync(path.join(dist, "machine.cache"));
  } catch {
    // Without a cache everything works, only later.
  }
  const script = new vm.Script(Module.wrap(source), {
    filename: file,
    cachedData,
    importModuleDynamically: vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  if (isStart) tuneForStart();
  const bundle = new Module(file, module);
  bundle.filename = file;
  bundle.paths = Module._nodeModulePaths(path.dirname(file));
  require.cache[file] = bundle;
  script
    .runInThisContext()
    .call(bundle.exports, bundle.exports, Module.createRequire(file), bundle, file, path.dirname(file));
  bundle.loaded = true;
  return { exports: require(path.join(dist, "backplane.cjs")), script };
};
