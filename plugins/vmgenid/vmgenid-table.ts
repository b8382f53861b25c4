// The SSDT of the VM Generation ID device and how its GUID comes into guest memory: Microsoft, "Virtual Machine
// Generation ID" (August 2012), and the table loader's write-pointer command.
import { HEADER_LENGTH, type OemIds, type TableImage, TableWriter, acpiTable } from "backplane/plugins/acpi/contract";
import { guidBytes } from "./guid.ts";

/** The page with the GUID; the guest sees where it lies through the SSDT, we through `VMGENID_ADDRESS_FILE`. */
export const VMGENID_GUID_FILE = "etc/vmgenid_guid";
/** Eight bytes that the firmware writes: the address of the GUID itself. */
export const VMGENID_ADDRESS_FILE = "etc/vmgenid_addr";
export const VMGENID_PAGE_LENGTH = 4096;
/** Behind 36 bytes that look like no table header and four more for alignment, lest firmware takes the page for a table. */
export const VMGENID_GUID_OFFSET = 40;

/** The body of the SSDT and where in it the 32-bit address of the page (the object VGIA) is patched. */
export interface VmgenidAml {
  readonly aml: Uint8Array;
  readonly pageAddressOffset: number;
}

export function buildVmgenidSsdt(oem: OemIds, { aml, pageAddressOffset }: VmgenidAml): TableImage {
  return {
    bytes: acpiTable({ signature: "SSDT", revision: 1, oem: { id: oem.id, tableId: "VMGENID" } }, aml),
    links: [
      { kind: "allocate", file: VMGENID_GUID_FILE, alignment: VMGENID_PAGE_LENGTH, zone: "high" },
      {
        kind: "write-pointer",
        file: VMGENID_ADDRESS_FILE,
        offset: 0,
        size: 8,
        source: VMGENID_GUID_FILE,
        sourceOffset: VMGENID_GUID_OFFSET,
      },
      { kind: "pointer", at: HEADER_LENGTH + pageAddressOffset, size: 4, to: { file: VMGENID_GUID_FILE, offset: 0 } },
    ],
  };
}

/** The contents of `VMGENID_GUID_FILE`. */
export function vmgenidPage(guid: string): Uint8Array {
  const writer = new TableWriter().zeros(VMGENID_GUID_OFFSET).bytes(guidBytes(guid));
  return writer.zeros(VMGENID_PAGE_LENGTH - writer.length).finish();
}
