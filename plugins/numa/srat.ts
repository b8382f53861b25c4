// System Resource Affinity Table: ACPI 3.0 §5.2.15, x2APIC structure from ACPI 4.0 §5.2.16.3; ACPI 6.5 §5.2.16.
import { type OemIds, type TableImage, TableWriter, acpiTable } from "backplane/plugins/acpi/contract";
import { type NodeRange, type RamLayout, nodeRanges } from "./node-ranges.ts";

export interface SratFacts {
  /** Every processor that the machine can hold, in the order of the MADT, with the node it belongs to. */
  readonly cpus: readonly { readonly apicId: number; readonly node: number }[];
  /** Bytes of main RAM of each node, by node number. */
  readonly nodeMemory: readonly number[];
  readonly ram: RamLayout;
  /** NVDIMMs in the order of the NFIT; absent when the machine has no NVDIMM support. */
  readonly nvdimms?: readonly NodeRange[];
  /** Where memory can be plugged in: the whole region, used or not. Absent without memory slots. */
  readonly hotplug?: { readonly base: number; readonly length: number };
}

const LOCAL_APIC = { type: 0, length: 16 } as const;
const MEMORY = { type: 1, length: 40 } as const;
const LOCAL_X2APIC = { type: 2, length: 24 } as const;
const X2APIC_FIRST_ID = 255;
const CPU_ENABLED = 1;
const ENABLED = 1 << 0;
const HOTPLUGGABLE = 1 << 1;
const NON_VOLATILE = 1 << 2;
const NO_FLAGS = 0;
/** Memory structures beyond one for each node that a table has at least: a node may be split around two holes. */
const SPARE_MEMORY_STRUCTURES = 2;

function writeProcessor(writer: TableWriter, apicId: number, node: number): void {
  if (apicId < X2APIC_FIRST_ID) {
    // Byte 2 holds the low bits of the node; there are never more than 128, so the high ones stay zero.
    writer.u8(LOCAL_APIC.type).u8(LOCAL_APIC.length).u8(node).u8(apicId).u32(CPU_ENABLED).u8(0).zeros(3).u32(0);
  } else {
    writer.u8(LOCAL_X2APIC.type).u8(LOCAL_X2APIC.length).u16(0).u32(node).u32(apicId).u32(CPU_ENABLED).u32(0).u32(0);
  }
}

function writeMemory(writer: TableWriter, range: NodeRange, flags: number): void {
  writer.u8(MEMORY.type).u8(MEMORY.length).u32(range.node).u16(0);
  writer.u64(range.base).u64(range.length).u32(0).u32(flags).zeros(8);
}

/** Only for a machine with at least one node. */
export function buildSrat(oem: OemIds, facts: SratFacts): TableImage {
  // The first reserved field must be 1 for the sake of old guests (ACPI 3.0 table 5-27).
  const writer = new TableWriter().u32(1).zeros(8);
  for (const cpu of facts.cpus) writeProcessor(writer, cpu.apicId, cpu.node);

  const memory = nodeRanges(facts.nodeMemory, facts.ram);
  for (const range of memory) writeMemory(writer, range, ENABLED);
  const nvdimms = facts.nvdimms ?? [];
  for (const range of nvdimms) writeMemory(writer, range, ENABLED | NON_VOLATILE);

  const nodes = facts.nodeMemory.length;
  for (let count = memory.length + nvdimms.length; count < nodes + SPARE_MEMORY_STRUCTURES; count++) {
    writeMemory(writer, { node: 0, base: 0, length: 0 }, NO_FLAGS);
  }
  if (facts.hotplug) {
    // Windows wants this entry before it accepts a DIMM, and in the highest node; a DIMM's own _PXM overrides it.
    writeMemory(writer, { node: nodes - 1, ...facts.hotplug }, ENABLED | HOTPLUGGABLE);
  }
  return { bytes: acpiTable({ signature: "SRAT", revision: 1, oem }, writer.finish()) };
}
