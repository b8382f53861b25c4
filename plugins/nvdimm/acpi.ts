import type { PluginMachine } from "backplane";
import { ACPI_DSDT, ACPI_TABLES, nvdimmEvent, type OemIds, type TableImage } from "backplane/plugins/acpi/contract";
import type { Nvdimms } from "./contract.ts";
import { buildNfitStructures } from "./nfit.ts";
import { buildNvdimmTables } from "./nvdimm-tables.ts";
import { nvdimmSsdtBody } from "./ssdt.ts";

/** The port that announces a request to the label mailbox. */
export const NVDIMM_IO_BASE = 0x0a18;

function build(oem: OemIds, nvdimms: Nvdimms, slots: number): readonly TableImage[] {
  if (!nvdimms.enabled || slots === 0) return [];
  const { plugged, persistence } = nvdimms;
  return buildNvdimmTables(oem, {
    slots,
    plugged: plugged.length > 0,
    structures: buildNfitStructures({ nvdimms: plugged, ...(persistence === undefined ? {} : { persistence }) }),
    ssdt: nvdimmSsdtBody({ slots, ioBase: NVDIMM_IO_BASE }),
  });
}

/** SSDT, NFIT and the hot-plug event of a machine with NVDIMM support and `slots` memory slots. */
export function contributeAcpi(machine: PluginMachine, nvdimms: Nvdimms, slots: number): void {
  const tables = machine.optional(ACPI_TABLES);
  const dsdt = machine.optional(ACPI_DSDT);
  if (tables !== undefined) {
    machine.own(tables.add({ place: "nvdimm", build: ({ oem }) => build(oem, nvdimms, slots) }));
  }
  if (dsdt !== undefined) {
    machine.own(dsdt.add({ place: "gpe:nvdimm", build: () => (nvdimms.enabled ? nvdimmEvent() : []) }));
  }
}
