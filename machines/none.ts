import { defineMachineType, prop } from "backplane";
import block from "../plugins/block/index.ts";
import chardev from "../plugins/chardev/index.ts";
import fdset from "../plugins/fdset/index.ts";
import hmp from "../plugins/hmp/index.ts";
import mainRam from "../plugins/main-ram/index.ts";
import memoryBackend from "../plugins/memory-backend/index.ts";
import migration from "../plugins/migration/index.ts";
import migrationRam from "../plugins/migration/ram/index.ts";
import monitorCommands from "../plugins/monitor-commands/index.ts";
import qmp from "../plugins/qmp/index.ts";
import x86Cpu from "../plugins/x86-cpu/index.ts";
import qom from "../plugins/qom/index.ts";
import rng from "../plugins/rng/index.ts";
import qtest from "../plugins/qtest/index.ts";
import sev from "../plugins/sev/index.ts";

/** Memory and monitors, nothing else: the smallest machine that migrates. */
export default defineMachineType({
  name: "none",
  description: "empty machine",
  properties: {
    "confidential-guest-support": prop.link("confidential-guest-support", {
      description: "Set confidential guest scheme to support",
    }),
    "memory-encryption": prop.string(undefined, { description: "Set memory encryption object to use" }),
  },
  plugins: [
    x86Cpu,
    memoryBackend,
    sev,
    mainRam,
    migration,
    migrationRam,
    monitorCommands,
    block,
    chardev,
    fdset,
    qmp,
    hmp,
    qom,
    rng,
    qtest,
  ],
  devices: [],
  defaultMemory: 0,
  maxCpus: 1,
  defaultRamId: "ram",
});
