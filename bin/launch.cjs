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

/** Returns the bundle's exports, and the script for whoever makes the cache. */
exports.load = function load(dist = path.join(__dirname, "../dist")) {
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

/**
 * Lets V8 wait with its optimizing compilers, which would spend a tenth of a start on code that has nearly done its work.
 * A loop that goes on for long is optimized all the same. To be called when all is loaded, Node's own
 * modules as well: a code cache agrees with the flags of the process that made it.
 */
exports.startWithoutOptimizing = function startWithoutOptimizing() {
  v8.setFlagsFromString("--interrupt-budget=4000000");
  v8.setFlagsFromString("--no-sparkplug");
  setTimeout(() => {
    v8.setFlagsFromString("--interrupt-budget=67584");
    v8.setFlagsFromString("--sparkplug");
  }, START_MS).unref();
};
