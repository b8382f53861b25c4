"use strict";
// Loads the bundle through its V8 code cache. The module is entered in require's cache under its own file name, so
// that a third party's plugin which imports "backplane" gets this instance and not a second one.
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const vm = require("node:vm");

const file = path.join(__dirname, "../dist/backplane.cjs");
const cacheFile = path.join(__dirname, "../dist/backplane.cache");

/** Returns the bundle's exports, and the script for whoever makes the cache. */
exports.load = function load() {
  let source;
  try {
    source = fs.readFileSync(file, "utf8");
  } catch {
    process.stderr.write("backplane: dist/ is missing; run `npm run build` first\n");
    process.exit(1);
  }
  let cachedData;
  try {
    cachedData = fs.readFileSync(cacheFile);
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
  script.runInThisContext().call(bundle.exports, bundle.exports, Module.createRequire(file), bundle, file, path.dirname(file));
  bundle.loaded = true;
  return { exports: bundle.exports, script };
};
