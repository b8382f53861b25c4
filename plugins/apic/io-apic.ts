// I/O APIC: Intel 82093AA datasheet (290566) §3. Messages go to the local APICs' address range.
import { byteLength, type MemoryRegion, type MemoryRegions } from "backplane";

export const IO_APIC_ADDRESS = 0xfec00000;
const LENGTH = 0x1000;
export const IO_APIC_PINS = 24;
const VERSION = 0x20;

const SELECT = 0x00;
const WINDOW = 0x10;
/** Of version 0x20 and later: an end of interrupt for a vector. */
const END_OF_INTERRUPT = 0x40;
const REGISTER = { id: 0x00, version: 0x01, arbitration: 0x02, redirection: 0x10 } as const;

const ENTRY = {
  vector: 0xff,
  delivery: 0x700,
  logical: 0x800,
  remoteIrr: 0x4000,
  pending: 0x1000,
  level: 0x8000,
  masked: 0x10000,
  /** Low half; destination is the top byte of the high half. */
  writable: 0x1afff,
} as const;

/** A message-signalled interrupt as the processors' bus carries it: Intel SDM volume 3 §11.11. */
export type SendMessage = (address: number, data: number) => void;

export class IoApic {
  readonly region: MemoryRegion;
  readonly #send: SendMessage;
  readonly #low = new Uint32Array(IO_APIC_PINS);
  readonly #high = new Uint32Array(IO_APIC_PINS);
  readonly #levels = new Uint8Array(IO_APIC_PINS);
  #select = 0;
  #id = 0;

  constructor(regions: MemoryRegions, send: SendMessage) {
    this.#send = send;
    this.region = regions.io("ioapic", byteLength(LENGTH), {
      read: (offset) => this.#read(offset & 0xff),
      write: (offset, value) => this.#write(offset & 0xff, value),
    });
    this.reset();
  }

  reset(): void {
    this.#id = 0;
    this.#select = 0;
    this.#low.fill(ENTRY.masked);
    this.#high.fill(0);
  }

  set(pin: number, level: boolean): void {
    const before = this.#levels[pin] === 1;
    this.#levels[pin] = level ? 1 : 0;
    const low = this.#low[pin] ?? 0;
    if ((low & ENTRY.level) === 0 ? level && !before : level) this.#deliver(pin);
  }

  #read(offset: number): number {
    if (offset === SELECT) return this.#select;
    if (offset !== WINDOW) return 0;
    switch (this.#select) {
      case REGISTER.id:
      case REGISTER.arbitration:
        return (this.#id << 24) >>> 0;
      case REGISTER.version:
        return VERSION | ((IO_APIC_PINS - 1) << 16);
      default: {
        const index = this.#select - REGISTER.redirection;
        const half = (index & 1) === 0 ? this.#low : this.#high;
        return index < 0 ? 0 : (half[index >> 1] ?? 0);
      }
    }
  }

  #write(offset: number, value: number): void {
    if (offset === SELECT) this.#select = value & 0xff;
    if (offset === END_OF_INTERRUPT) this.#endOfInterrupt(value & ENTRY.vector);
    if (offset !== WINDOW) return;
    if (this.#select === REGISTER.id) this.#id = (value >>> 24) & 0xf;
    const index = this.#select - REGISTER.redirection;
    const pin = index >> 1;
    if (index < 0 || pin >= IO_APIC_PINS) return;
    if ((index & 1) === 1) {
      this.#high[pin] = value & 0xff000000;
      return;
    }
    this.#low[pin] = ((this.#low[pin] ?? 0) & ~ENTRY.writable) | (value & ENTRY.writable);
    if ((value & ENTRY.level) === 0) this.#low[pin] = (this.#low[pin] ?? 0) & ~ENTRY.remoteIrr;
    else if (this.#levels[pin] === 1) this.#deliver(pin);
  }

  #endOfInterrupt(vector: number): void {
    for (let pin = 0; pin < IO_APIC_PINS; pin++) {
      const low = this.#low[pin] ?? 0;
      if ((low & ENTRY.vector) !== vector || (low & ENTRY.level) === 0) continue;
      this.#low[pin] = low & ~ENTRY.remoteIrr;
      if (this.#levels[pin] === 1) this.#deliver(pin);
    }
  }

  #deliver(pin: number): void {
    const low = this.#low[pin] ?? 0;
    if ((low & (ENTRY.masked | ENTRY.remoteIrr)) !== 0) return;
    if ((low & ENTRY.level) !== 0) this.#low[pin] = low | ENTRY.remoteIrr;
    const destination = (this.#high[pin] ?? 0) >>> 24;
    const address = 0xfee00000 + destination * 0x1000 + ((low & ENTRY.logical) === 0 ? 0 : 0x4);
    this.#send(address, (low & (ENTRY.vector | ENTRY.delivery | ENTRY.level)) >>> 0);
  }
}
