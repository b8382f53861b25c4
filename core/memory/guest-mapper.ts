import { disposable, type Disposable } from "../disposable.ts";
import type { GuestAddress } from "./address.ts";
import type { AddressSpaceMapping, MappingDirection } from "./address-space-mapping.ts";
import type { BlockAccess } from "./contract.ts";
import { type FlatAddressSpace, translated } from "./flat-address-space.ts";
import { IOMMU_READ, IOMMU_WRITE } from "./iommu.ts";
import { blankTranslation } from "./iommu-region-node.ts";
import type { RAMBlock } from "./ram-block.ts";
import type { AccessAttributes } from "./transaction.ts";

/** RAM that may be accessed without asking anybody. */
interface Direct {
  readonly block: RAMBlock;
  readonly offset: number;
  readonly length: number;
}

/** What stands at an address, behind as many IOMMUs as there are: RAM, or something else for `length` bytes. */
interface Place {
  readonly direct: Direct | undefined;
  readonly length: number;
}

/** Maps guest memory for bus masters, and counts the copies that it made of what is not RAM. */
export class GuestMapper {
  readonly #space: FlatAddressSpace;
  readonly #access: BlockAccess;
  readonly #limit: number;
  readonly #waiting = new Set<() => void>();
  #used = 0;

  constructor(space: FlatAddressSpace, access: BlockAccess, limit: number) {
    this.#space = space;
    this.#access = access;
    this.#limit = limit;
  }

  map(
    address: GuestAddress,
    length: number,
    direction: MappingDirection,
    attributes: AccessAttributes,
  ): AddressSpaceMapping | undefined {
    if (length <= 0) return undefined;
    const place = resolve(this.#space, address, length, direction, attributes);
    if (place.direct === undefined) return this.#copy(address, place.length, direction, attributes);
    const { block, offset } = place.direct;
    let granted = place.direct.length;
    while (granted < length) {
      const next = resolve(this.#space, address + granted, length - granted, direction, attributes).direct;
      if (next?.block !== block || next.offset !== offset + granted) break;
      granted += next.length;
    }
    return new RamMapping(this.#access, address, block, offset, granted);
  }

  onMappable(listener: () => void): Disposable {
    this.#waiting.add(listener);
    if (this.#used < this.#limit) this.#wake();
    return disposable(() => {
      this.#waiting.delete(listener);
    });
  }

  #copy(
    address: GuestAddress,
    length: number,
    direction: MappingDirection,
    attributes: AccessAttributes,
  ): AddressSpaceMapping | undefined {
    const granted = Math.min(length, this.#limit - this.#used);
    if (granted <= 0) return undefined;
    this.#used += granted;
    const bytes = new Uint8Array(granted);
    if (direction === "read") this.#space.read(address, bytes, attributes);
    return new BounceMapping(address, bytes, (accessed) => {
      if (direction === "write") this.#space.write(address, bytes.subarray(0, accessed));
      this.#used -= granted;
      this.#wake();
    });
  }

  /** Each is told once; who finds no room again asks again. */
  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const listener of waiting) listener();
  }
}

function resolve(
  from: FlatAddressSpace,
  at: number,
  wanted: number,
  direction: MappingDirection,
  attributes: AccessAttributes,
): Place {
  const needs = direction === "read" ? IOMMU_READ : IOMMU_WRITE;
  let space = from;
  let address = at;
  let length = wanted;
  for (;;) {
    const range = space.view.at(address);
    if (range === undefined) return { direct: undefined, length };
    const offset = address - range.start + range.offsetInRegion;
    if (range.iommu === undefined) {
      if (range.block !== undefined) length = Math.min(length, range.end - address);
      const isDirect = direction === "read" ? range.readable !== undefined : range.writable !== undefined;
      if (range.block === undefined || !isDirect || range.region.ramDevice) return { direct: undefined, length };
      return { direct: { block: range.block, offset, length }, length };
    }
    const entry = blankTranslation();
    range.iommu.iommu.translate(offset, needs, attributes, entry);
    length = Math.min(length, range.end - address, entry.size - (offset % entry.size));
    if ((entry.permission & needs) === 0 || entry.target === undefined) return { direct: undefined, length };
    address = translated(entry, offset);
    space = entry.target as FlatAddressSpace;
  }
}

class RamMapping implements AddressSpaceMapping {
  readonly address: GuestAddress;
  readonly length: number;
  readonly isBounce = false;
  readonly block: RAMBlock;
  readonly offset: number;
  readonly #access: BlockAccess;

  constructor(access: BlockAccess, address: GuestAddress, block: RAMBlock, offset: number, length: number) {
    this.#access = access;
    this.address = address;
    this.block = block;
    this.offset = offset;
    this.length = length;
  }

  read(offset: number, into: Uint8Array): void {
    this.#access.read(this.block, this.offset + offset, into.subarray(0, this.length - offset));
  }

  write(offset: number, from: Uint8Array): void {
    this.#access.write(this.block, this.offset + offset, from.subarray(0, this.length - offset));
  }

  unmap(): void {
    // Nothing was copied: writes took effect, and were marked, when they were made.
  }
}

class BounceMapping implements AddressSpaceMapping {
  readonly address: GuestAddress;
  readonly isBounce = true;
  readonly block = undefined;
  readonly offset = 0;
  readonly #bytes: Uint8Array;
  #release: ((accessed: number) => void) | undefined;

  constructor(address: GuestAddress, bytes: Uint8Array, release: (accessed: number) => void) {
    this.address = address;
    this.#bytes = bytes;
    this.#release = release;
  }

  get length(): number {
    return this.#bytes.length;
  }

  read(offset: number, into: Uint8Array): void {
    into.set(this.#bytes.subarray(offset, offset + into.length));
  }

  write(offset: number, from: Uint8Array): void {
    this.#bytes.set(from.subarray(0, this.#bytes.length - offset), offset);
  }

  unmap(accessed = this.#bytes.length): void {
    const release = this.#release;
    this.#release = undefined;
    release?.(accessed);
  }
}
