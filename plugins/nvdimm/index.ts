import {
  definePlugin,
  DEVICES,
  guestAddress,
  LIFECYCLE,
  MACHINE,
  MEMORY_REGIONS,
  SYSTEM_IO,
  QOM,
  SYSTEM_MEMORY,
} from "backplane";
import { ACPI_DSDT, ACPI_TABLES } from "backplane/plugins/acpi/contract";
import { FW_CFG } from "backplane/plugins/fw-cfg/contract";
import { MEMORY_BACKENDS } from "backplane/plugins/memory-backend/contract";
import { MEMORY_DEVICES } from "backplane/plugins/pc-dimm/contract";
import { contributeAcpi, NVDIMM_IO_BASE } from "./acpi.ts";
import { NVDIMMS, type Nvdimms } from "./contract.ts";
import { nvdimmErrors } from "./errors.ts";
import { NvdimmMailbox } from "./mailbox.ts";
import { NVDIMM_NAME, NvdimmModule } from "./module.ts";
import { NVDIMM_SET, NvdimmSet } from "./nvdimm-set.ts";
import { NVDIMM_MEM_FILE, NVDIMM_MEM_LENGTH } from "./nvdimm-tables.ts";
import { NVDIMM_PROPERTIES } from "./properties.ts";

function readPersistence(text: string | undefined): Nvdimms["persistence"] {
  if (text === undefined || text === "cpu" || text === "mem-ctrl") return text;
  throw nvdimmErrors.NVDIMM_PERSISTENCE(text);
}

export default definePlugin({
  id: "nvdimm",
  apiVersion: 1,
  summary: "NVDIMMs: persistent memory with a label area, in the slots for memory devices",
  requires: [MEMORY_DEVICES, MEMORY_BACKENDS, FW_CFG],
  uses: [ACPI_TABLES, ACPI_DSDT],
  provides: [NVDIMMS, NVDIMM_SET],
  attach(machine) {
    const { properties } = machine.use(MACHINE);
    const devices = machine.use(DEVICES);
    const set = new NvdimmSet(
      properties.bool("nvdimm"),
      readPersistence(properties.string("nvdimm-persistence")),
      devices,
    );
    machine.provideValue(NVDIMMS, set);
    machine.provideValue(NVDIMM_SET, set);
    const type = {
      name: NVDIMM_NAME,
      parent: "pc-dimm",
      description: "DIMM memory module",
      category: "storage",
      properties: NVDIMM_PROPERTIES,
    } as const;
    machine.own(devices.register(type, NvdimmModule));
    contributeAcpi(machine, set, machine.use(MEMORY_DEVICES).slots);
    if (!set.enabled) return;
    const fwCfg = machine.use(FW_CFG);
    const regions = machine.use(MEMORY_REGIONS);
    const mailbox = regions.withOwner(
      machine.use(QOM).find("/machine"),
      () => new NvdimmMailbox(regions, machine.use(SYSTEM_MEMORY), set, machine.log),
    );
    machine.own(
      set.onChange((_nvdimm, change) => {
        if (change === "plugged") mailbox.plugged();
      }),
    );
    machine.own(
      machine.use(LIFECYCLE).on("board", () => {
        machine.use(SYSTEM_IO).root.addSubregion(guestAddress(NVDIMM_IO_BASE), mailbox.region);
        fwCfg.addFile(NVDIMM_MEM_FILE, new Uint8Array(NVDIMM_MEM_LENGTH));
      }),
    );
  },
});
