import { defineMachineType } from "backplane";
import chardev from "../plugins/chardev/index.ts";
import mainRam from "../plugins/main-ram/index.ts";
import memoryBackend from "../plugins/memory-backend/index.ts";
import migration from "../plugins/migration/index.ts";
import migrationRam from "../plugins/migration/ram/index.ts";
import monitorCommands from "../plugins/monitor-commands/index.ts";
import qmp from "../plugins/qmp/index.ts";

/** Memory and monitors, nothing else: the smallest machine that migrates. */
export default defineMachineType({
  name: "none",
  description: "empty machine",
  properties: {},
  plugins: [memoryBackend, mainRam, migration, migrationRam, monitorCommands, chardev, qmp],
  devices: [],
  defaultMemory: 0,
  maxCpus: 1,
  defaultRamId: "ram",
});
