// Root complex register block: ICH9 datasheet (316972) §10.1. Interrupt pins of devices 25 to 31 are routed by it.
import { byteLength, guestAddress, type MemoryRegion, type MemoryRegions } from "backplane";
import { RCBA } from "./registers.ts";

const LENGTH = 16 * 1024;
const FIRST_SLOT = 25;
/** D25IR to D31IR. */
const ROUTES: readonly number[] = [0x3150, 0x314c, 0x3148, 0x3146, 0x3144, 0x3142, 0x3140];
const ROUTE_DEFAULT = 0x3210;
const GCS = { at: 0x3410, default: 0x20, noReboot: 0x20 } as const;
/** Where a PCI bridge would be: it has no route register, and is routed like the slots of the processor's side. */
const BRIDGE_SLOT = 30;
const PIRQ_E = 4;
const PINS = 4;

export class ChipsetConfiguration {
  readonly #region: MemoryRegion;
  readonly #system: MemoryRegion;
  readonly #registers = new DataView(new ArrayBuffer(LENGTH));

  constructor(regions: MemoryRegions, system: MemoryRegion) {
    this.#system = system;
    this.#region = regions.io("lpc-rcrb-mmio", byteLength(LENGTH), {
      read: (offset, size) => {
        if (size === 1) return this.#registers.getUint8(offset);
        return size === 2 ? this.#registers.getUint16(offset, true) : this.#registers.getUint32(offset, true);
      },
      write: (offset, value, size) => {
        if (size === 1) this.#registers.setUint8(offset, value);
        else if (size === 2) this.#registers.setUint16(offset, value, true);
        else this.#registers.setUint32(offset, value, true);
      },
    });
    this.reset();
  }

  reset(): void {
    new Uint8Array(this.#registers.buffer).fill(0);
    for (const [index, at] of ROUTES.entries()) {
      if (FIRST_SLOT + index !== BRIDGE_SLOT) this.#registers.setUint16(at, ROUTE_DEFAULT, true);
    }
    this.#registers.setUint32(GCS.at, GCS.default, true);
  }

  captureState(): Uint8Array {
    return new Uint8Array(this.#registers.buffer.slice(0));
  }

  restoreState(bytes: Uint8Array): void {
    new Uint8Array(this.#registers.buffer).set(bytes);
  }

  /** Maps the block where RCBA says. */
  map(base: number): void {
    if (this.#region.container !== undefined) this.#system.removeSubregion(this.#region);
    if ((base & RCBA.enable) === 0) return;
    this.#system.addSubregion(guestAddress((base & RCBA.addressMask) >>> 0), this.#region, 1);
  }

  get noReboot(): boolean {
    return (this.#registers.getUint32(GCS.at, true) & GCS.noReboot) !== 0;
  }

  set noReboot(value: boolean) {
    const control = this.#registers.getUint32(GCS.at, true);
    this.#registers.setUint32(GCS.at, value ? control | GCS.noReboot : control & ~GCS.noReboot, true);
  }

  /** PIRQA (0) to PIRQH (7) for a pin of a slot on the root bus. */
  pirqOf(slot: number, pin: number): number {
    const at = slot === BRIDGE_SLOT ? undefined : ROUTES[slot - FIRST_SLOT];
    if (at !== undefined) return (this.#registers.getUint16(at, true) >> (4 * pin)) & 7;
    return PIRQ_E + (slot === BRIDGE_SLOT ? pin : (slot + pin) % PINS);
  }
}
