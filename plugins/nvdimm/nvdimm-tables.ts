// The tables of a machine with memory slots and NVDIMM support: an SSDT with the devices, and an NFIT with what is plugged.
import { HEADER_LENGTH, type OemIds, type TableImage, acpiTable } from "backplane/plugins/acpi/contract";
import { buildNfit } from "./nfit.ts";

/** The page through which the guest calls the device-specific methods; its fw_cfg file is created with the machine. */
export const NVDIMM_MEM_FILE = "etc/acpi/nvdimm-mem";
export const NVDIMM_MEM_LENGTH = 4096;

/** The body of the SSDT and where in it the 32-bit address of the page (the object MEMA) is patched. */
export interface NvdimmAml {
  readonly aml: Uint8Array;
  readonly memAddressOffset: number;
}

export function nvdimmSsdt(oem: OemIds, { aml, memAddressOffset }: NvdimmAml): TableImage {
  return {
    bytes: acpiTable({ signature: "SSDT", revision: 1, oem: { id: oem.id, tableId: "NVDIMM" } }, aml),
    links: [
      { kind: "allocate", file: NVDIMM_MEM_FILE, alignment: NVDIMM_MEM_LENGTH, zone: "high" },
      { kind: "pointer", at: HEADER_LENGTH + memAddressOffset, size: 4, to: { file: NVDIMM_MEM_FILE, offset: 0 } },
    ],
  };
}

/**
 * Nothing without memory slots, since no NVDIMM could ever be plugged; no NFIT while none is plugged.
 * `structures` are those of `buildNfitStructures`.
 */
export function buildNvdimmTables(
  oem: OemIds,
  facts: {
    readonly slots: number;
    readonly plugged: boolean;
    readonly structures: Uint8Array;
    readonly ssdt: NvdimmAml;
  },
): readonly TableImage[] {
  if (facts.slots === 0) return [];
  const ssdt = nvdimmSsdt(oem, facts.ssdt);
  return facts.plugged ? [ssdt, buildNfit(oem, facts.structures)] : [ssdt];
}
