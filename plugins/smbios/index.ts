import { definePlugin, LIFECYCLE, MACHINE } from "backplane";
import { FW_CFG } from "backplane/plugins/fw-cfg/contract";
import { E820_RAM, PC_MEMORY } from "backplane/plugins/pc-memory/contract";
import { CPUS } from "backplane/plugins/x86-cpu/contract";
import { buildSmbios } from "./build.ts";
import { smbiosCommandLine } from "./command-line.ts";
import { SMBIOS } from "./contract.ts";
import { readOptions } from "./given-options.ts";
import { DEVICE_SIZE } from "./memory-structures.ts";
import { smbiosOptions, type SmbiosOptions } from "./options.ts";
import { MachineSmbios } from "./smbios.ts";

const TABLES_FILE = "etc/smbios/smbios-tables";
const ANCHOR_FILE = "etc/smbios/smbios-anchor";
const MANUFACTURER = "QEMU";

export default definePlugin<SmbiosOptions>({
  id: "smbios",
  apiVersion: 1,
  summary: "SMBIOS tables: how the machine, its processors and its memory present themselves",
  requires: [FW_CFG, CPUS, PC_MEMORY],
  provides: [SMBIOS],
  options: smbiosOptions,
  commandLine: smbiosCommandLine,
  attach(machine, options) {
    const fields = readOptions(options, machine.definition.options["smbios"]?.origin);
    const smbios = new MachineSmbios();
    machine.provideValue(SMBIOS, smbios);
    const { type, properties } = machine.use(MACHINE);
    const fwCfg = machine.use(FW_CFG);
    const cpus = machine.use(CPUS);
    const memory = machine.use(PC_MEMORY);
    const hasSmallModules = type.quirks?.includes("smbios-memory-devices-of-16-gib") === true;
    const asked = properties.string("smbios-entry-point-type");
    const kind = asked === "32" || asked === "64" ? asked : "auto";
    machine.own(
      machine.use(LIFECYCLE).on("done", () => {
        const { sockets, dies, modules, cores, threads } = cpus.topology;
        const coresPerSocket = dies * modules * cores;
        const facts = {
          machine: { manufacturer: MANUFACTURER, product: type.description, version: type.name },
          uuid: fwCfg.uuid,
          sockets,
          processor: { identity: cpus.identity, coresPerSocket, threadsPerSocket: coresPerSocket * threads },
          memory: {
            size: memory.ramSize,
            deviceSize: hasSmallModules ? DEVICE_SIZE.before : DEVICE_SIZE.today,
            ranges: memory.e820.filter((entry) => entry.type === E820_RAM),
          },
        };
        smbios.complete(buildSmbios(facts, fields, kind));
        fwCfg.addFile(TABLES_FILE, smbios.tables);
        fwCfg.addFile(ANCHOR_FILE, smbios.anchor);
      }),
    );
  },
});
