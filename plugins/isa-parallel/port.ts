// The PC's parallel port, in compatibility mode: IEEE 1284-1994 §7.3, and the registers of the IBM Personal Computer
// AT Technical Reference (1985), section 1, "Parallel Printer Adapter". A printer is on the line that is always ready.
import { byteLength, type IrqLine, type MemoryRegion, type MemoryRegionOps, type MemoryRegions } from "backplane";

const AT = { data: 0, status: 1, control: 2 } as const;
/** Lines from the printer; busy is inverted, so that a set bit means idle. */
const STATUS = { idle: 0x80, acknowledge: 0x40, selected: 0x10, noError: 0x08, noTimeout: 0x01 } as const;
const READY = STATUS.idle | STATUS.acknowledge | STATUS.selected | STATUS.noError;
const CONTROL = { strobe: 0x01, initialize: 0x04, select: 0x08, interrupt: 0x10, input: 0x20, unused: 0xc0 } as const;
const ABSENT = 0xff;

/** What a migration carries of a port. */
export interface ParallelState {
  data: number;
  status: number;
  control: number;
  pending: number;
}

export class ParallelPort {
  readonly region: MemoryRegion;
  readonly #irq: IrqLine;
  readonly #print: (byte: number) => void;
  #data = 0xff;
  #status: number = READY | STATUS.noTimeout;
  #control: number = CONTROL.select | CONTROL.initialize | CONTROL.unused;
  #pending = false;

  constructor(regions: MemoryRegions, irq: IrqLine, print: (byte: number) => void) {
    this.#irq = irq;
    this.#print = print;
    const ops: MemoryRegionOps = {
      impl: { min: 1, max: 1 },
      read: (offset) => this.#read(offset),
      write: (offset, value) => this.#write(offset, value),
    };
    this.region = regions.io("parallel", byteLength(8), ops, { inPortList: true });
  }

  reset(): void {
    this.#data = 0xff;
    this.#status = READY | STATUS.noTimeout;
    this.#control = CONTROL.select | CONTROL.initialize | CONTROL.unused;
    this.#interrupt(false);
  }

  captureState(): ParallelState {
    return { data: this.#data, status: this.#status, control: this.#control, pending: Number(this.#pending) };
  }

  /** The interrupt controller remembers the line's level by itself. */
  restoreState({ data, status, control, pending }: ParallelState): void {
    this.#data = data;
    this.#status = status;
    this.#control = control;
    this.#pending = pending !== 0;
  }

  #read(offset: number): number {
    switch (offset) {
      case AT.data:
        // As an input the lines float, since no printer drives them.
        return (this.#control & CONTROL.input) !== 0 ? 0xff : this.#data;
      case AT.status: {
        const status = this.#status;
        this.#acknowledge();
        this.#interrupt(false);
        return status;
      }
      case AT.control:
        return this.#control;
      default:
        return ABSENT;
    }
  }

  #write(offset: number, value: number): void {
    if (offset === AT.data) this.#data = value;
    if (offset === AT.control) this.#controlLines(value | CONTROL.unused);
  }

  #controlLines(value: number): void {
    const before = this.#control;
    this.#control = value;
    if ((value & CONTROL.initialize) === 0) {
      this.#status = READY;
    } else if ((value & CONTROL.select) !== 0) {
      if ((value & CONTROL.strobe) !== 0) {
        this.#status &= ~STATUS.idle;
        if ((before & CONTROL.strobe) === 0) this.#print(this.#data);
      } else if ((before & CONTROL.interrupt) !== 0) {
        this.#pending = true;
      }
    }
    this.#irq.set(this.#pending);
  }

  /** After a byte was taken, the printer pulses acknowledge and goes idle: one step for each time the guest looks. */
  #acknowledge(): void {
    if ((this.#status & STATUS.idle) !== 0 || (this.#control & CONTROL.strobe) !== 0) return;
    if ((this.#status & STATUS.acknowledge) !== 0) this.#status &= ~STATUS.acknowledge;
    else this.#status |= STATUS.acknowledge | STATUS.idle;
  }

  #interrupt(pending: boolean): void {
    this.#pending = pending;
    this.#irq.set(pending);
  }
}
