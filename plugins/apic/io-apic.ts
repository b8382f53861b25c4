// I/O APIC: Intel 82093AA datasheet (290566) §3. Messages go to the local APICs' address range.
import { byteLength, type MemoryRegion, type MemoryRegions } from "backplane";
import { ioApicText } from "./io-apic-text.ts";
import { InputCounts } from "./statistics.ts";

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
  level: 0x8000,
  masked: 0x10000,
  /** Remote IRR and delivery status are the hardware's. */
  readOnly: 0x5000,
} as const;

/** A message-signalled interrupt as the processors' bus carries it: Intel SDM volume 3 §11.11. */
export type SendMessage = (address: number, data: number) => void;

/** What a migration carries. */
export interface IoApicState {
  id: number;
  select: number;
  request: number;
  entries: bigint[];
}

export class IoApic {
  readonly region: MemoryRegion;
  readonly #send: SendMessage;
  readonly #low = new Uint32Array(IO_APIC_PINS);
  readonly #high = new Uint32Array(IO_APIC_PINS);
  /** Pins that ask to be served. */
  #request = 0;
  #select = 0;
  #id = 0;
  readonly #inputs = new InputCounts(IO_APIC_PINS);

  constructor(regions: MemoryRegions, send: SendMessage) {
    this.#send = send;
    this.region = regions.io("ioapic", byteLength(LENGTH), {
      read: (offset, size) => this.#read(offset & 0xff, size),
      write: (offset, value, size) => this.#write(offset & 0xff, value, size),
    });
    this.reset();
  }

  reset(): void {
    this.#id = 0;
    this.#select = 0;
    this.#request = 0;
    this.#low.fill(ENTRY.masked);
    this.#high.fill(0);
  }

  captureState(): IoApicState {
    return {
      id: this.#id,
      select: this.#select,
      request: this.#request >>> 0,
      entries: Array.from(this.#low, (low, pin) => (BigInt(this.#high[pin] ?? 0) << 32n) | BigInt(low)),
    };
  }

  restoreState({ id, select, request, entries }: IoApicState): void {
    this.#id = id & 0xf;
    this.#select = select;
    this.#request = request;
    for (const [pin, entry] of entries.entries()) {
      this.#low[pin] = Number(BigInt.asUintN(32, entry));
      this.#high[pin] = Number(entry >> 32n);
    }
  }

  get counts(): Uint32Array {
    return this.#inputs.counts;
  }

  text(): string {
    return ioApicText({
      version: VERSION,
      id: this.#id,
      select: this.#select,
      request: this.#request,
      low: this.#low,
      high: this.#high,
    });
  }

  /** An input changes. Interrupt 0 arrives at input 2 (fw_cfg item irq0_override, MADT §5.2.12.5). */
  set(input: number, level: boolean): void {
    this.#inputs.set(input, level);
    const pin = input === 0 ? 2 : input;
    const low = this.#low[pin] ?? ENTRY.masked;
    if ((low & ENTRY.level) !== 0) {
      this.#request = level ? this.#request | (1 << pin) : this.#request & ~(1 << pin);
      if (level && (low & ENTRY.remoteIrr) === 0) this.#serve();
    } else if (level && (low & ENTRY.masked) === 0) {
      // An edge at a masked input is lost (§3.2.4).
      this.#request |= 1 << pin;
      this.#serve();
    }
  }

  endOfInterrupt(vector: number): void {
    for (let pin = 0; pin < IO_APIC_PINS; pin++) {
      const low = this.#low[pin] ?? 0;
      if ((low & ENTRY.vector) !== vector || (low & ENTRY.level) === 0 || (low & ENTRY.remoteIrr) === 0) continue;
      this.#low[pin] = low & ~ENTRY.remoteIrr;
      if ((low & ENTRY.masked) === 0 && (this.#request & (1 << pin)) !== 0) this.#serve();
    }
  }

  #read(offset: number, size: number): number {
    if (offset === SELECT) return this.#select;
    if (offset !== WINDOW || size !== 4) return 0;
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

  #write(offset: number, value: number, size: number): void {
    if (offset === SELECT) this.#select = value & 0xff;
    if (size !== 4) return;
    if (offset === END_OF_INTERRUPT) this.endOfInterrupt(value & ENTRY.vector);
    if (offset === WINDOW) this.#writeRegister(value);
  }

  #writeRegister(value: number): void {
    if (this.#select === REGISTER.id) this.#id = (value >>> 24) & 0xf;
    const index = this.#select - REGISTER.redirection;
    const pin = index >> 1;
    if (index < 0 || pin >= IO_APIC_PINS) return;
    if ((index & 1) === 1) this.#high[pin] = value;
    else {
      const kept = (this.#low[pin] ?? 0) & ENTRY.readOnly;
      const low = (value & ~ENTRY.readOnly) | kept;
      // An edge has nothing to wait for.
      this.#low[pin] = (low & ENTRY.level) === 0 ? low & ~ENTRY.remoteIrr : low;
    }
    this.#serve();
  }

  /** Sends what is requested and neither masked nor, level-triggered, in service already. */
  #serve(): void {
    for (let pin = 0; pin < IO_APIC_PINS; pin++) {
      if ((this.#request & (1 << pin)) === 0) continue;
      const low = this.#low[pin] ?? 0;
      if ((low & ENTRY.masked) !== 0) continue;
      if ((low & ENTRY.level) === 0) this.#request &= ~(1 << pin);
      else if ((low & ENTRY.remoteIrr) !== 0) continue;
      else this.#low[pin] = low | ENTRY.remoteIrr;
      // The upper 16 bits: a destination, or an entry of a remapper's table (VT-d specification 4.1 §5.1.5.1).
      const destination = (this.#high[pin] ?? 0) >>> 16;
      const address = 0xfee00000 + destination * 0x10 + ((low & ENTRY.logical) === 0 ? 0 : 0x4);
      this.#send(address, (low & (ENTRY.vector | ENTRY.delivery | ENTRY.level)) >>> 0);
    }
  }
}
