// The kernel's table of host mappings: NetBSD, nvmm(4), sys/dev/nvmm/nvmm.c, `nvmm_hva_map` and `nvmm_hva_unmap`.
import { HostCallError, type HostAddress, type HostAddressSpace } from "backplane";
import { MemoryObject } from "./memory-object.ts";

const PAGE = 4096;

export interface HostMappingSlot {
  readonly hva: HostAddress;
  readonly size: number;
  readonly object: MemoryObject;
}

/** A machine's slots. A free one is taken from below, and look-ups go from below: the first that covers counts. */
export class HostMappingSlots {
  readonly #slots: (HostMappingSlot | undefined)[];
  readonly #space: HostAddressSpace;

  constructor(count: number, space: HostAddressSpace) {
    this.#slots = Array.from({ length: count }, () => undefined);
    this.#space = space;
  }

  get used(): number {
    return this.all().length;
  }

  all(): readonly HostMappingSlot[] {
    return this.#slots.filter((slot) => slot !== undefined);
  }

  map(hva: HostAddress, size: number): void {
    if (hva % PAGE !== 0 || size % PAGE !== 0 || hva === 0 || size <= 0) throw new HostCallError("hvaMap", "EINVAL");
    this.#refuseOverlap(hva, size);
    const free = this.#slots.indexOf(undefined);
    if (free === -1) throw new HostCallError("hvaMap", "ENOBUFS");
    this.#slots[free] = { hva, size, object: new MemoryObject(this.#space, hva, size) };
  }

  unmap(hva: HostAddress, size: number): void {
    const index = this.#slots.findIndex((slot) => slot?.hva === hva && slot.size === size);
    if (index === -1) throw new HostCallError("hvaUnmap", "ENOENT");
    this.#slots[index] = undefined;
  }

  /** The memory of a range that one slot covers. */
  covering(hva: HostAddress, size: number): { readonly object: MemoryObject; readonly offset: number } | undefined {
    const slot = this.all().find((one) => hva >= one.hva && hva + size <= one.hva + one.size);
    return slot === undefined ? undefined : { object: slot.object, offset: hva - slot.hva };
  }

  clear(): void {
    this.#slots.fill(undefined);
  }

  /**
   * From the first slot up. One that holds the whole range ends the check, and there is no error: the range then has two
   * slots, of which the lower one counts.
   */
  #refuseOverlap(hva: HostAddress, size: number): void {
    for (const slot of this.all()) {
      const end = slot.hva + slot.size;
      if (hva >= slot.hva && hva + size <= end) return;
      if (hva < end && slot.hva < hva + size) throw new HostCallError("hvaMap", "EEXIST");
    }
  }
}
