// NVDIMM Firmware Interface Table: ACPI 6.0 §5.2.25; platform capabilities from ACPI 6.2 errata A §5.2.25.9.
import { type OemIds, type TableImage, TableWriter, acpiTable } from "backplane/plugins/acpi/contract";

export interface NvdimmFacts {
  readonly slot: number;
  readonly node: number;
  /** Where the persistent memory is mapped, without the label area. */
  readonly base: number;
  readonly size: number;
  /** The backend is read-only, so writes do not persist. */
  readonly unarmed: boolean;
}

/** The machine's option `nvdimm-persistence`: what a power failure flushes by itself. */
export type NvdimmPersistence = "mem-ctrl" | "cpu";

export interface NfitFacts {
  /** In the order of the object tree, which is not that of the slots. */
  readonly nvdimms: readonly NvdimmFacts[];
  readonly persistence?: NvdimmPersistence;
}

const STRUCTURES = { systemAddressRange: 0, regionMapping: 1, controlRegion: 4, capabilities: 7 } as const;

/** Byte-addressable persistent memory, 66f0d379-b4f3-4074-ac43-0d3318b78cdb, as a GUID lies in memory. */
const PERSISTENT_MEMORY = Buffer.from("79d3f066f3b47440ac430d3318b78cdb", "hex");
const CONTROL_REGION_FOR_HOT_ADD = 1 << 0;
const PROXIMITY_DOMAIN_VALID = 1 << 1;
/** EFI_MEMORY_WB and EFI_MEMORY_NV. */
const WRITE_BACK_AND_NON_VOLATILE = 0x8008;
const NOT_ARMED = 1 << 3;
const VENDOR = 0x8086;
const DEVICE = 1;
const REVISION = 1;
/** Byte-addressable, no energy backup (JEDEC Annex L, release 3). */
const FORMAT_INTERFACE = 0x301;
const SERIAL_NUMBER_OF_SLOT_0 = 0x123456;

/** Bit 0: processor caches are flushed; bit 1: memory controllers are. Flushing caches implies the controllers. */
const CAPABILITIES = { "mem-ctrl": 0b10, cpu: 0b11 } as const satisfies Record<NvdimmPersistence, number>;
const HIGHEST_CAPABILITY = 1;

/** By which firmware and guest name the module in a slot. Zero is the root device. */
export function nvdimmHandle(slot: number): number {
  return slot + 1;
}

/** What names a slot's structures. Zero is taken: as a handle by the root device, as an index by "none". */
function identify(slot: number): { handle: number; rangeIndex: number; controlIndex: number } {
  const handle = nvdimmHandle(slot);
  return { handle, rangeIndex: 2 * handle, controlIndex: 2 * handle + 1 };
}

/** §5.2.25.1. */
function writeSystemAddressRange(writer: TableWriter, nvdimm: NvdimmFacts): void {
  writer.u16(STRUCTURES.systemAddressRange).u16(56).u16(identify(nvdimm.slot).rangeIndex);
  writer
    .u16(CONTROL_REGION_FOR_HOT_ADD | PROXIMITY_DOMAIN_VALID)
    .u32(0)
    .u32(nvdimm.node)
    .bytes(PERSISTENT_MEMORY);
  writer.u64(nvdimm.base).u64(nvdimm.size).u64(WRITE_BACK_AND_NON_VOLATILE);
}

/** §5.2.25.2: the whole module is one region, not interleaved with another. */
function writeRegionMapping(writer: TableWriter, nvdimm: NvdimmFacts): void {
  const { handle, rangeIndex, controlIndex } = identify(nvdimm.slot);
  writer.u16(STRUCTURES.regionMapping).u16(48).u32(handle).u16(0).u16(0).u16(rangeIndex).u16(controlIndex);
  writer
    .u64(nvdimm.size)
    .u64(0)
    .u64(0)
    .u16(0)
    .u16(1)
    .u16(nvdimm.unarmed ? NOT_ARMED : 0)
    .u16(0);
}

/** §5.2.25.5: no block control windows. */
function writeControlRegion(writer: TableWriter, nvdimm: NvdimmFacts): void {
  writer.u16(STRUCTURES.controlRegion).u16(80).u16(identify(nvdimm.slot).controlIndex);
  writer
    .u16(VENDOR)
    .u16(DEVICE)
    .u16(REVISION)
    .zeros(12)
    .u32(SERIAL_NUMBER_OF_SLOT_0 + nvdimm.slot);
  writer.u16(FORMAT_INTERFACE).zeros(50);
}

function writeCapabilities(writer: TableWriter, persistence: NvdimmPersistence): void {
  writer.u16(STRUCTURES.capabilities).u16(16).u8(HIGHEST_CAPABILITY).zeros(3).u32(CAPABILITIES[persistence]).zeros(4);
}

/**
 * The structures without the table around them: what the guest's _FIT method reads after a hot plug. The table and
 * that method must show the same state, so both take these bytes as they were at the last plug.
 */
export function buildNfitStructures(facts: NfitFacts): Uint8Array {
  const writer = new TableWriter();
  for (const nvdimm of facts.nvdimms) {
    writeSystemAddressRange(writer, nvdimm);
    writeRegionMapping(writer, nvdimm);
    writeControlRegion(writer, nvdimm);
  }
  if (facts.persistence !== undefined) writeCapabilities(writer, facts.persistence);
  return writer.finish();
}

/** Only for a machine with at least one NVDIMM. */
export function buildNfit(oem: OemIds, structures: Uint8Array): TableImage {
  const body = new TableWriter().u32(0).bytes(structures).finish();
  return { bytes: acpiTable({ signature: "NFIT", revision: 1, oem }, body) };
}
