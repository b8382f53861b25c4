// Base address registers: PCI Local Bus Specification 3.0 §6.2.5.
import { guestAddress, type MemoryRegion } from "backplane";
import type { ConfigSpace } from "./config-space.ts";
import type { PciBar, PciBarKind } from "./contract.ts";
import { BAR_FLAGS, COMMAND, REG, ROM_ENABLE } from "./registers.ts";

export const ROM_INDEX = 6;
const FOUR_GIB = 0x1_0000_0000;

const FLAGS: { readonly [K in PciBarKind | "rom"]: number } = {
  io: BAR_FLAGS.io,
  memory: 0,
  memory64: BAR_FLAGS.memory64,
  prefetchable: BAR_FLAGS.prefetch,
  prefetchable64: BAR_FLAGS.prefetch | BAR_FLAGS.memory64,
  rom: 0,
};

export class Bar implements PciBar {
  readonly index: number;
  readonly kind: PciBarKind | "rom";
  readonly region: MemoryRegion;
  readonly size: number;
  readonly #register: number;
  readonly #config: ConfigSpace;
  /** The memory or port space of the bus. */
  readonly #space: MemoryRegion;
  #address: number | undefined;

  constructor(
    config: ConfigSpace,
    register: number,
    index: number,
    kind: PciBarKind | "rom",
    region: MemoryRegion,
    space: MemoryRegion,
  ) {
    this.#config = config;
    this.#register = register;
    this.#space = space;
    this.index = index;
    this.kind = kind;
    this.region = region;
    this.size = region.size;
    const mask = FOUR_GIB - Math.min(this.size, FOUR_GIB);
    config.setWritable(register, 4, this.kind === "rom" ? mask | ROM_ENABLE : mask);
    if (this.is64) config.setWritable(register + 4, 4, FOUR_GIB - Math.max(1, this.size / FOUR_GIB));
    this.reset();
  }

  get is64(): boolean {
    return (FLAGS[this.kind] & BAR_FLAGS.memory64) !== 0;
  }

  get isIo(): boolean {
    return this.kind === "io";
  }

  get isPrefetchable(): boolean {
    return (FLAGS[this.kind] & BAR_FLAGS.prefetch) !== 0;
  }

  get address(): number | undefined {
    return this.#address;
  }

  /** As after power-on; `update` follows. */
  reset(): void {
    this.#config.set32(this.#register, FLAGS[this.kind]);
    if (this.is64) this.#config.set32(this.#register + 4, 0);
  }

  /** Maps the region where the registers say now. `decoding` is false while the function is powered down. */
  update(decoding: boolean): void {
    const address = decoding ? this.#decoded() : undefined;
    if (address === this.#address) return;
    // The device may have taken its region away already: what it owns goes before the function does.
    if (this.region.container === this.#space) this.#space.removeSubregion(this.region);
    this.#address = address;
    if (address !== undefined) this.#space.addSubregion(guestAddress(address), this.region, 1);
  }

  /**
   * Undefined where nothing is decoded. Address 0 is "not set", and a 32-bit register that would end at the top of
   * 4 GiB is one that is just being sized; both never map, as on the peer. So do 64-bit addresses beyond 2^53.
   */
  #decoded(): number | undefined {
    const enable = this.isIo ? COMMAND.io : COMMAND.memory;
    if ((this.#config.get16(REG.command) & enable) === 0) return undefined;
    const low = this.#config.get32(this.#register);
    if (this.kind === "rom" && (low & ROM_ENABLE) === 0) return undefined;
    const high = this.is64 ? this.#config.get32(this.#register + 4) : 0;
    const value = high * FOUR_GIB + low;
    const address = value - (value % this.size);
    const last = address + this.size - 1;
    if (address === 0 || !Number.isSafeInteger(last)) return undefined;
    if (!this.is64 && last >= FOUR_GIB - 1) return undefined;
    return address;
  }
}
