// Local APIC registers: Intel SDM volume 3, §11.4.1. The boot processor's: no other processor runs yet. What arrives is
// kept in IRR until a processor takes it.
import { byteLength, type Logger, type MemoryRegion, type MemoryRegions } from "backplane";

export const LOCAL_APIC_ADDRESS = 0xfee00000;
const LENGTH = 0x100000;
/** The page with the registers; beyond it lies the address range of messages. */
const REGISTERS_LENGTH = 0x1000;
/** Five entries in the local vector table. */
const VERSION = 0x50014;
const LVT_MASKED = 0x10000;
const SPURIOUS_DEFAULT = 0xff;
const SPURIOUS_ENABLE = 0x100;

const AT = {
  id: 0x020,
  version: 0x030,
  taskPriority: 0x080,
  endOfInterrupt: 0x0b0,
  logicalDestination: 0x0d0,
  destinationFormat: 0x0e0,
  spurious: 0x0f0,
  inService: 0x100,
  request: 0x200,
  errorStatus: 0x280,
  commandLow: 0x300,
  commandHigh: 0x310,
  timer: 0x320,
  thermal: 0x330,
  performance: 0x340,
  lint0: 0x350,
  lint1: 0x360,
  error: 0x370,
  initialCount: 0x380,
  divide: 0x3e0,
} as const;

const VECTOR_TABLE: readonly number[] = [AT.timer, AT.thermal, AT.performance, AT.lint0, AT.lint1, AT.error];
/** What software may write, beside the vector table. */
const WRITABLE: ReadonlyMap<number, number> = new Map([
  [AT.id, 0xff000000],
  [AT.taskPriority, 0xff],
  [AT.logicalDestination, 0xff000000],
  [AT.destinationFormat, 0xffffffff],
  [AT.spurious, 0x1ff],
  [AT.errorStatus, 0],
  [AT.commandLow, 0xccfff],
  [AT.commandHigh, 0xff000000],
  [AT.initialCount, 0xffffffff],
  [AT.divide, 0xb],
]);

export class LocalApic {
  readonly region: MemoryRegion;
  readonly #registers = new Uint32Array(REGISTERS_LENGTH / 4);
  readonly #log: Logger;

  constructor(regions: MemoryRegions, log: Logger) {
    this.#log = log;
    this.region = regions.io("apic-msi", byteLength(LENGTH), {
      read: (offset) => (offset < REGISTERS_LENGTH ? this.#get(offset & 0xff0) : 0),
      write: (offset, value, size) => {
        if (size !== 4) return;
        if (offset === 0 || offset >= REGISTERS_LENGTH) this.receive(value);
        else this.#write(offset & 0xff0, value);
      },
    });
    this.reset();
  }

  reset(): void {
    this.#registers.fill(0);
    this.#set(AT.version, VERSION);
    this.#set(AT.destinationFormat, 0xffffffff);
    this.#set(AT.spurious, SPURIOUS_DEFAULT);
    for (const entry of VECTOR_TABLE) this.#set(entry, LVT_MASKED);
  }

  /** A message came: its vector is requested. */
  receive(message: number): void {
    if ((this.#get(AT.spurious) & SPURIOUS_ENABLE) === 0) return;
    this.#mark(AT.request, message & 0xff, true);
  }

  #write(offset: number, value: number): void {
    if (VECTOR_TABLE.includes(offset)) {
      this.#set(offset, value & 0x1f7ff);
      return;
    }
    if (offset === AT.endOfInterrupt) {
      this.#endOfInterrupt();
      return;
    }
    const mask = WRITABLE.get(offset);
    if (mask === undefined) {
      this.#log.debug("write to a local APIC register that is read-only or not there", { offset, value });
      return;
    }
    this.#set(offset, value & mask);
    // Nobody is there to be interrupted, or started, by an inter-processor interrupt.
    if (offset === AT.commandLow) this.#log.debug("inter-processor interrupt without a receiver", { command: value });
  }

  #endOfInterrupt(): void {
    for (let vector = 255; vector >= 0; vector--) {
      if (!this.#isMarked(AT.inService, vector)) continue;
      this.#mark(AT.inService, vector, false);
      return;
    }
  }

  #isMarked(bank: number, vector: number): boolean {
    return (this.#get(bank + (vector >> 5) * 0x10) & (1 << (vector & 31))) !== 0;
  }

  #mark(bank: number, vector: number, marked: boolean): void {
    const at = bank + (vector >> 5) * 0x10;
    const bit = 1 << (vector & 31);
    this.#set(at, marked ? this.#get(at) | bit : this.#get(at) & ~bit);
  }

  #get(offset: number): number {
    return this.#registers[offset >> 2] ?? 0;
  }

  #set(offset: number, value: number): void {
    this.#registers[offset >> 2] = value >>> 0;
  }
}
