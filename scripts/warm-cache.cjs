"use strict";
// Runs the seed's kind of machine once and writes what V8 compiled on the way: node warm-cache.cjs FOLDER
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { PassThrough, Writable } = require("node:stream");
const v8 = require("node:v8");
const { load } = require("../bin/launch.cjs");

// V8 drops the code of functions that have not run for a while; what ran once is wanted in the cache. The flag is part
// of what a cache must agree on, so it is put back before the cache is made.
v8.setFlagsFromString("--no-flush-bytecode");
const dist = process.argv[2];
const { exports: backplane, script } = load({ dist });
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "backplane-build-"));
const image = path.join(folder, "nvdimm");
fs.writeFileSync(image, "");
fs.truncateSync(image, 256 * 1024 * 1024);
const table = path.join(folder, "table");
fs.writeFileSync(table, Buffer.alloc(1000));

const stdin = new PassThrough();
let seen = "";
const stdout = new Writable({
  write(chunk, _encoding, done) {
    seen += chunk;
    // The table is asked for once the guest has had its turn; then the machine may go.
    if (seen.includes('"RESUME"') && !asked) {
      asked = true;
      setTimeout(() => stdin.write('{"execute":"query-migrate"}{"execute":"x-query-ramblock"}{"execute":"quit"}'), 200);
    }
    done();
  },
});
let asked = false;
const stderr = new Writable({ write: (chunk, _encoding, done) => (process.stderr.write(chunk), done()) });
stdin.write('{"execute":"qmp_capabilities"}{"execute":"x-query-ramblock"}');
stdin.write(
  '{"execute":"migrate","arguments":{"channels":[{"channel-type":"main","addr":{"transport":"exec","args":["/bin/sleep","1000"]}}]}}',
);
stdin.write('{"execute":"query-migrate"}{"execute":"cont"}');

const argv = [
  "-S",
  "-machine",
  "q35,nvdimm=on,accel=tcg",
  "-smp",
  "1",
  "-cpu",
  "max",
  "-m",
  "size=20G,slots=8,maxmem=22G",
  "-object",
  `memory-backend-file,id=mem0,mem-path=${image},size=256M`,
  "-device",
  "nvdimm,label-size=131072,memdev=mem0,id=nvdimm0,slot=1",
  "-nodefaults",
  "-qmp",
  "stdio",
  "-serial",
  "none",
  "-device",
  "vmgenid",
  "-device",
  "intel-iommu",
  "-acpitable",
  `sig=FI1A,data=${table}`,
  "-display",
  "none",
];
backplane
  .systemMain(argv, { stdin, stdout, stderr, cwd: folder })
  .then((status) => {
    v8.setFlagsFromString("--flush-bytecode");
    fs.writeFileSync(path.join(dist, "machine.cache"), script.createCachedData());
    return status;
  })
  .finally(() => fs.rmSync(folder, { recursive: true, force: true }))
  .then(
    (status) => process.exit(status),
    (failure) => {
      console.error(failure);
      process.exit(1);
    },
  );
