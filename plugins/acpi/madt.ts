// Multiple APIC Description Table: ACPI 1.0b §5.2.8, x2APIC structures from ACPI 4.0 §5.2.12.12; ACPI 6.5 §5.2.12.
import type { OemIds } from "./oem-ids.ts";
import { type TableImage, acpiTable } from "./table.ts";
import { TableWriter } from "./table-writer.ts";

export interface MadtFacts {
  /**
   * Every processor that the machine can hold, present or not, in the order of its topology. The position is the ACPI
   * processor id. An absent one is listed but not enabled, or its guest could not plug it in later.
   */
  readonly cpus: readonly { readonly apicId: number; readonly present: boolean }[];
  /** The machine has a pair of 8259 interrupt controllers besides its APICs. */
  readonly pic: boolean;
  /** ISA interrupts that PCI devices use too: level-triggered, active high. The q35 and pc chipsets have 5, 9, 10, 11. */
  readonly pciInterrupts: readonly number[];
}

export const PC_PCI_INTERRUPTS: readonly number[] = [5, 9, 10, 11];

const LOCAL_APIC_ADDRESS = 0xfee00000;
const IO_APIC = { id: 0, address: 0xfec00000, firstInterrupt: 0 } as const;
const PCAT_COMPATIBLE = 1;
/** An APIC id of 255 or more needs an x2APIC and its wider structures. */
const X2APIC_FIRST_ID = 255;
const TIMER = { isa: 0, global: 2 } as const;
const NMI_LINT = 1;

const TYPES = {
  localApic: 0,
  ioApic: 1,
  sourceOverride: 2,
  localApicNmi: 4,
  localX2Apic: 9,
  localX2ApicNmi: 10,
} as const;
/** MPS INTI flags: polarity in the low two bits, trigger mode in the next two. */
const ACTIVE_HIGH_LEVEL = 0b1101;
const CONFORMS_TO_BUS = 0;

function writeProcessor(writer: TableWriter, uid: number, apicId: number, present: boolean): void {
  const enabled = present ? 1 : 0;
  if (apicId < X2APIC_FIRST_ID) writer.u8(TYPES.localApic).u8(8).u8(uid).u8(apicId).u32(enabled);
  else writer.u8(TYPES.localX2Apic).u8(16).u16(0).u32(apicId).u32(enabled).u32(uid);
}

function writeOverride(writer: TableWriter, isa: number, global: number, flags: number): void {
  writer.u8(TYPES.sourceOverride).u8(10).u8(0).u8(isa).u32(global).u16(flags);
}

/** The non-maskable interrupt arrives at LINT1 of every processor. */
function writeNmi(writer: TableWriter, x2apic: boolean): void {
  if (x2apic) writer.u8(TYPES.localX2ApicNmi).u8(12).u16(0).u32(0xffffffff).u8(NMI_LINT).zeros(3);
  else writer.u8(TYPES.localApicNmi).u8(6).u8(0xff).u16(0).u8(NMI_LINT);
}

export function buildMadt(oem: OemIds, facts: MadtFacts): TableImage {
  const writer = new TableWriter().u32(LOCAL_APIC_ADDRESS).u32(facts.pic ? PCAT_COMPATIBLE : 0);
  for (const [uid, cpu] of facts.cpus.entries()) writeProcessor(writer, uid, cpu.apicId, cpu.present);
  writer.u8(TYPES.ioApic).u8(12).u8(IO_APIC.id).u8(0).u32(IO_APIC.address).u32(IO_APIC.firstInterrupt);
  writeOverride(writer, TIMER.isa, TIMER.global, CONFORMS_TO_BUS);
  for (const interrupt of facts.pciInterrupts) writeOverride(writer, interrupt, interrupt, ACTIVE_HIGH_LEVEL);
  writeNmi(
    writer,
    facts.cpus.some((cpu) => cpu.apicId >= X2APIC_FIRST_ID),
  );
  return { bytes: acpiTable({ signature: "APIC", revision: 3, oem }, writer.finish()) };
}
