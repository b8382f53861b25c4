// Intel MultiProcessor Specification 1.4, chapter 4.
import { completeChecksum } from "../bytes.ts";

export interface ProcessorFacts {
  readonly apicId: number;
  readonly isPresent: boolean;
  /** CPUID leaf 1, EAX and EDX. */
  readonly signature: number;
  readonly features: number;
}

export interface PciInterrupt {
  readonly device: number;
  /** 1 to 4. */
  readonly pin: number;
  readonly line: number;
}

export interface MpFacts {
  readonly processors: readonly ProcessorFacts[];
  readonly interrupts: readonly PciInterrupt[];
  /** The timer arrives at input 2 of the I/O APIC instead of 0. */
  readonly timerOverride: boolean;
}

const FLOATING_BYTES = 16;
const HEADER_BYTES = 44;
const LOCAL_APIC = { address: 0xfee0_0000, version: 0x14 } as const;
const IO_APIC = { id: 0, address: 0xfec0_0000, version: 0x11 } as const;
const BUS = { pci: 0, isa: 1 } as const;
const TYPE = { int: 0, nmi: 1, extInt: 3 } as const;
const ALL_LOCAL_APICS = 0xff;
/** Lines that PCI uses, so that no ISA device may. */
const PCI_LINES: readonly number[] = [5, 9, 10, 11];
const ACTIVE_HIGH = 1;
/** Conforms to its bus. */
const DEFAULT = 0;

/** The floating pointer with the configuration table right behind it, for `address`. */
export function mpTable(address: number, facts: MpFacts): Uint8Array {
  const entries = [
    ...facts.processors.map(processor),
    busEntry(BUS.pci, "PCI"),
    busEntry(BUS.isa, "ISA"),
    ioApic(),
    ...facts.interrupts.map((interrupt) => pciInterrupt(interrupt)),
    ...isaInterrupts(facts.timerOverride),
    interruptEntry(4, TYPE.extInt, DEFAULT, BUS.isa, 0, 0, 0),
    interruptEntry(4, TYPE.nmi, DEFAULT, BUS.isa, 0, ALL_LOCAL_APICS, 1),
  ];
  const table = Buffer.concat([header(entries.length), ...entries]);
  table.writeUInt16LE(table.length, 4);
  completeChecksum(table, 7);
  return Buffer.concat([floating(address + FLOATING_BYTES), table]);
}

function floating(table: number): Buffer {
  const bytes = Buffer.alloc(FLOATING_BYTES);
  bytes.write("_MP_", "latin1");
  bytes.writeUInt32LE(table, 4);
  bytes.writeUInt8(1, 8);
  bytes.writeUInt8(4, 9);
  completeChecksum(bytes, 10);
  return bytes;
}

function header(entries: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write("PCMP", "latin1");
  bytes.writeUInt8(4, 6);
  bytes.write("BOCHSCPU0.1         ", 8, "latin1");
  bytes.writeUInt16LE(entries, 34);
  bytes.writeUInt32LE(LOCAL_APIC.address, 36);
  return bytes;
}

/** The first processor boots. */
function processor({ apicId, isPresent, signature, features }: ProcessorFacts, index: number): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt8(apicId & 0xff, 1);
  bytes.writeUInt8(LOCAL_APIC.version, 2);
  bytes.writeUInt8((isPresent ? 1 : 0) | (index === 0 ? 2 : 0), 3);
  bytes.writeUInt32LE(signature, 4);
  bytes.writeUInt32LE(features, 8);
  return bytes;
}

function busEntry(id: number, name: string): Buffer {
  const bytes = Buffer.alloc(8, " ");
  bytes.writeUInt8(1, 0);
  bytes.writeUInt8(id, 1);
  bytes.write(name, 2, "latin1");
  return bytes;
}

function ioApic(): Buffer {
  const bytes = Buffer.from([2, IO_APIC.id, IO_APIC.version, 1, 0, 0, 0, 0]);
  bytes.writeUInt32LE(IO_APIC.address, 4);
  return bytes;
}

/** An entry of type 3 (to the I/O APIC) or 4 (to local APICs). */
function interruptEntry(
  entry: 3 | 4,
  type: number,
  flags: number,
  bus: number,
  irq: number,
  apic: number,
  input: number,
): Buffer {
  return Buffer.from([entry, type, flags, 0, bus, irq, apic, input]);
}

const pciInterrupt = ({ device, pin, line }: PciInterrupt): Buffer =>
  interruptEntry(3, TYPE.int, ACTIVE_HIGH, BUS.pci, (device << 2) | (pin - 1), IO_APIC.id, line);

function isaInterrupts(timerOverride: boolean): Buffer[] {
  const lines = Array.from({ length: 16 }, (_, line) => line);
  return lines
    .filter((line) => !PCI_LINES.includes(line) && !(timerOverride && line === 2))
    .map((line) =>
      interruptEntry(3, TYPE.int, DEFAULT, BUS.isa, line, IO_APIC.id, timerOverride && line === 0 ? 2 : line),
    );
}
