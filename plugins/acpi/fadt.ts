// Fixed ACPI Description Table: ACPI 1.0b §5.2.5 (revision 1), ACPI 2.0 §5.2.8 (revision 3), ACPI 6.5 §5.2.9.
import type { OemIds } from "./oem-ids.ts";
import { HEADER_LENGTH, type TableImage, type TableLink, acpiTable, writeAddress } from "./table.ts";
import { TableWriter } from "./table-writer.ts";

/** The chipset's power management as it is decoded at the moment of the build. */
export interface FadtFacts {
  /** 1 describes a chipset whose guests know no more (PIIX4); 3 adds the 64-bit addresses and the reset register. */
  readonly revision: 1 | 3;
  /** The global system interrupt of the SCI. */
  readonly sciInterrupt: number;
  /**
   * The port at which system management mode takes commands, and those that turn ACPI on and off. Absent on a machine
   * without that mode: nobody would answer.
   */
  readonly smi?: { readonly port: number; readonly enable: number; readonly disable: number };
  /** First I/O port of the power-management block; 0 until the firmware programs it. */
  readonly pmBase: number;
  readonly gpe0: { readonly port: number; readonly length: number };
  /** An I/O port which, when `value` is written to it, resets the machine. */
  readonly reset?: { readonly port: number; readonly value: number };
  readonly maxCpus: number;
  /** The machine has a keyboard controller (ACPI 2.0 table 5-10). */
  readonly i8042: boolean;
}

/** Commands at the SMI port of a q35 chipset; PIIX4 has 0xf1 and 0xf0. */
export const Q35_SMI = { port: 0xb2, enable: 2, disable: 3 } as const;

const MULTIPLE_APIC = 1;
const RTC_CENTURY = 0x32;
/** Above 100 and 1000 microseconds: the C2 and C3 states do not exist. */
const NO_SUCH_C_STATE = 0xfff;
const BOOT_HAS_8042 = 1 << 1;
/** APIC destination mode "flat logical" addresses eight processors. */
const FLAT_LOGICAL_CPUS = 8;

const FLAGS = {
  wbinvd: 1 << 0,
  c1: 1 << 2,
  noSleepButton: 1 << 5,
  rtcWakesFromS4: 1 << 7,
  resetRegister: 1 << 10,
  platformClock: 1 << 15,
  apicClusterModel: 1 << 18,
} as const;

const EVENT = { offset: 0, length: 4 } as const;
const CONTROL = { offset: 4, length: 2 } as const;
const TIMER = { offset: 8, length: 4 } as const;

const FACS_AT = HEADER_LENGTH;
const DSDT_AT = HEADER_LENGTH + 4;
const X_DSDT_AT = 140;

function flags(facts: FadtFacts): number {
  let flags = FLAGS.wbinvd | FLAGS.c1 | FLAGS.noSleepButton | FLAGS.rtcWakesFromS4 | FLAGS.platformClock;
  if (facts.reset) flags |= FLAGS.resetRegister;
  if (facts.maxCpus > FLAT_LOGICAL_CPUS) flags |= FLAGS.apicClusterModel;
  return flags;
}

function writeRevision1(writer: TableWriter, facts: FadtFacts): void {
  const { pmBase, smi } = facts;
  writer.u32(0).u32(0).u8(MULTIPLE_APIC).u8(0).u16(facts.sciInterrupt);
  writer
    .u32(smi?.port ?? 0)
    .u8(smi?.enable ?? 0)
    .u8(smi?.disable ?? 0);
  // No S4BIOS request, no processor performance control.
  writer.u8(0).u8(0);
  // PM1a and PM1b event, PM1a and PM1b control, PM2 control, timer, GPE0 and GPE1; what is absent is at port 0.
  writer
    .u32(pmBase + EVENT.offset)
    .u32(0)
    .u32(pmBase + CONTROL.offset)
    .u32(0)
    .u32(0);
  writer
    .u32(pmBase + TIMER.offset)
    .u32(facts.gpe0.port)
    .u32(0);
  writer.u8(EVENT.length).u8(CONTROL.length).u8(0).u8(TIMER.length).u8(facts.gpe0.length).u8(0).u8(0);
  // No C-state notification; then latencies, cache flushing and throttling; day and month alarm.
  writer.u8(0).u16(NO_SUCH_C_STATE).u16(NO_SUCH_C_STATE).u16(0).u16(0).u8(0).u8(0).u8(0).u8(0);
  writer.u8(RTC_CENTURY);
  writer.u16(facts.revision >= 3 && facts.i8042 ? BOOT_HAS_8042 : 0).u8(0);
  writer.u32(flags(facts));
}

function writeAbsent(writer: TableWriter): void {
  writeAddress(writer, "memory", 0, 0);
}

function writeRevision3(writer: TableWriter, facts: FadtFacts): void {
  const io = (block: { offset: number; length: number }) =>
    writeAddress(writer, "io", 8 * block.length, facts.pmBase + block.offset);
  if (facts.reset) writeAddress(writer, "io", 8, facts.reset.port);
  else writeAbsent(writer);
  writer.u8(facts.reset?.value ?? 0).zeros(3);
  // The FACS is only known by its 32-bit address; X_DSDT is patched like the 32-bit DSDT.
  writer.u64(0).u64(0);
  io(EVENT);
  writeAbsent(writer);
  io(CONTROL);
  writeAbsent(writer);
  writeAbsent(writer);
  io(TIMER);
  writeAddress(writer, "io", 8 * facts.gpe0.length, facts.gpe0.port);
  writeAbsent(writer);
}

/** `oem` is the licensed one of the build (see `licensedOemIds`). */
export function buildFadt(oem: OemIds, facts: FadtFacts): TableImage {
  const writer = new TableWriter();
  writeRevision1(writer, facts);
  const links: TableLink[] = [
    { kind: "pointer", at: FACS_AT, size: 4, to: { table: "facs" } },
    { kind: "pointer", at: DSDT_AT, size: 4, to: { table: "dsdt" } },
  ];
  if (facts.revision >= 3) {
    writeRevision3(writer, facts);
    links.push({ kind: "pointer", at: X_DSDT_AT, size: 8, to: { table: "dsdt" } });
  }
  return { bytes: acpiTable({ signature: "FACP", revision: facts.revision, oem }, writer.finish()), links };
}
