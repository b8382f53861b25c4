import type { ByteLength, GuestAddress, RegionOffset } from "./address.ts";
import type { AddressSpace, BlockAccess, FlatRange } from "./contract.ts";
import { type FlatViewRange, renderFlatView, sameView } from "./flat-view.ts";
import type { MemoryRegion } from "./memory-region.ts";
import type { MemoryRegionNode } from "./memory-region-node.ts";
import { bulkAccessSize, isValidAccess, readOps, writeOps } from "./region-access.ts";
import { lowerBound } from "./sorted.ts";

/** What is read where nothing stands, or from a device that does not accept the access; the peer reads 0 as well. */
const UNASSIGNED = 0;

/** An address space over a flat view that is rendered anew by `update`. */
export class FlatAddressSpace implements AddressSpace {
  readonly name: string;
  readonly #root: MemoryRegionNode;
  readonly #access: BlockAccess;
  #ranges: readonly FlatViewRange[] = [];
  /** The range that was hit last: accesses come in runs. Undefined after a rendering. */
  #last: FlatViewRange | undefined;
  #version = 0;

  constructor(name: string, root: MemoryRegionNode, access: BlockAccess) {
    this.name = name;
    this.#root = root;
    this.#access = access;
    this.update();
  }

  get root(): MemoryRegion {
    return this.#root;
  }

  get version(): number {
    return this.#version;
  }

  ranges(): readonly FlatRange[] {
    return this.#ranges;
  }

  /** Renders. True when the view is another one now. */
  update(): boolean {
    const rendered = renderFlatView(this.#root);
    if (sameView(rendered, this.#ranges)) return false;
    this.#ranges = rendered;
    this.#last = undefined;
    this.#version++;
    return true;
  }

  find(
    address: GuestAddress,
  ): { readonly region: MemoryRegion; readonly offset: RegionOffset; readonly length: ByteLength } | undefined {
    const range = this.#at(address);
    if (range === undefined) return undefined;
    const offset = (address - range.start + range.offsetInRegion) as RegionOffset;
    return { region: range.region, offset, length: (range.end - address) as ByteLength };
  }

  load(address: GuestAddress, size: 1 | 2 | 4): number {
    const range = this.#at(address);
    if (range === undefined) return size === 1 ? UNASSIGNED : this.#loadAcross(address, size);
    const offset = address - range.start + range.offsetInRegion;
    if (range.host === undefined) return loadDevice(range.region, offset, size);
    return address + size <= range.end ? range.host.readUint(offset, size) : this.#loadAcross(address, size);
  }

  store(address: GuestAddress, value: number, size: 1 | 2 | 4): void {
    const range = this.#at(address);
    if (range === undefined) {
      if (size !== 1) this.#storeAcross(address, value, size);
      return;
    }
    const offset = address - range.start + range.offsetInRegion;
    if (range.block === undefined) storeDevice(range.region, offset, value, size);
    else if (address + size > range.end) this.#storeAcross(address, value, size);
    else if (!range.readonly) this.#access.writeUint(range.block, offset, size, value >>> 0);
  }

  load64(address: GuestAddress): bigint {
    const range = this.#at(address);
    if (range !== undefined && range.host === undefined && range.region.rules.validMax === 8) {
      const offset = address - range.start + range.offsetInRegion;
      if (!isValidAccess(range.region.rules, offset, 8)) return BigInt(UNASSIGNED);
      return join64(loadValid(range.region, offset), loadValid(range.region, offset + 4));
    }
    return join64(this.load(address, 4), this.load((address + 4) as GuestAddress, 4));
  }

  store64(address: GuestAddress, value: bigint): void {
    const low = Number(value & 0xffffffffn);
    const high = Number((value >> 32n) & 0xffffffffn);
    const range = this.#at(address);
    if (range !== undefined && range.block === undefined && range.region.rules.validMax === 8) {
      const offset = address - range.start + range.offsetInRegion;
      if (isValidAccess(range.region.rules, offset, 8)) {
        storeValid(range.region, offset, low);
        storeValid(range.region, offset + 4, high);
      }
      return;
    }
    this.store(address, low, 4);
    this.store((address + 4) as GuestAddress, high, 4);
  }

  read(address: GuestAddress, into: Uint8Array): void {
    for (let done = 0; done < into.length;) {
      const at = address + done;
      const remaining = into.length - done;
      const range = this.#at(at);
      if (range === undefined) {
        const size = Math.min(remaining, this.#holeEnd(at) - at);
        into.fill(UNASSIGNED, done, done + size);
        done += size;
      } else if (range.host === undefined) {
        done += readDevice(range.region, at - range.start + range.offsetInRegion, into, done);
      } else {
        const size = Math.min(remaining, range.end - at);
        range.host.read(at - range.start + range.offsetInRegion, into.subarray(done, done + size));
        done += size;
      }
    }
  }

  write(address: GuestAddress, from: Uint8Array): void {
    for (let done = 0; done < from.length;) {
      const at = address + done;
      const remaining = from.length - done;
      const range = this.#at(at);
      if (range === undefined) {
        done += Math.min(remaining, this.#holeEnd(at) - at);
      } else if (range.block === undefined) {
        done += writeDevice(range.region, at - range.start + range.offsetInRegion, from, done);
      } else {
        const size = Math.min(remaining, range.end - at);
        const offset = at - range.start + range.offsetInRegion;
        if (!range.readonly) this.#access.write(range.block, offset, from.subarray(done, done + size));
        done += size;
      }
    }
  }

  #at(address: number): FlatViewRange | undefined {
    const last = this.#last;
    if (last !== undefined && address >= last.start && address < last.end) return last;
    const ranges = this.#ranges;
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const range = ranges[middle];
      if (range !== undefined && range.end <= address) low = middle + 1;
      else high = middle;
    }
    const found = ranges[low];
    if (found === undefined || found.start > address) return undefined;
    this.#last = found;
    return found;
  }

  /** Where the hole around an address ends. */
  #holeEnd(address: number): number {
    return this.#ranges[lowerBound(this.#ranges, (range) => (range.start <= address ? -1 : 1))]?.start ?? Infinity;
  }

  /** An access that leaves its ram range, or starts in a hole, byte by byte. */
  #loadAcross(address: number, size: number): number {
    let value = 0;
    for (let at = size - 1; at >= 0; at--) value = (value << 8) | this.load((address + at) as GuestAddress, 1);
    return value >>> 0;
  }

  #storeAcross(address: number, value: number, size: number): void {
    for (let at = 0; at < size; at++) this.store((address + at) as GuestAddress, (value >>> (at * 8)) & 0xff, 1);
  }
}

function join64(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}

function loadDevice(region: MemoryRegionNode, offset: number, size: number): number {
  const { ops, rules } = region;
  return ops !== undefined && isValidAccess(rules, offset, size) ? readOps(ops, rules, offset, size) : UNASSIGNED;
}

function storeDevice(region: MemoryRegionNode, offset: number, value: number, size: number): void {
  const { ops, rules } = region;
  if (ops !== undefined && isValidAccess(rules, offset, size)) writeOps(ops, rules, offset, value, size);
}

/** A half of an access of 8 bytes, which was found valid as a whole. */
function loadValid(region: MemoryRegionNode, offset: number): number {
  return region.ops === undefined ? UNASSIGNED : readOps(region.ops, region.rules, offset, 4);
}

function storeValid(region: MemoryRegionNode, offset: number, value: number): void {
  if (region.ops !== undefined) writeOps(region.ops, region.rules, offset, value, 4);
}

/** One access of a bulk read; returns its width. */
function readDevice(region: MemoryRegionNode, offset: number, into: Uint8Array, done: number): number {
  const { rules } = region;
  const size = bulkAccessSize(rules, offset, into.length - done);
  const valid = isValidAccess(rules, offset, size);
  for (let half = 0; half < size; half += 4) {
    const width = Math.min(size, 4);
    const value = region.ops !== undefined && valid ? readOps(region.ops, rules, offset + half, width) : UNASSIGNED;
    for (let at = 0; at < width; at++) into[done + half + at] = value >>> (at * 8);
  }
  return size;
}

/** One access of a bulk write; returns its width. */
function writeDevice(region: MemoryRegionNode, offset: number, from: Uint8Array, done: number): number {
  const { rules } = region;
  const size = bulkAccessSize(rules, offset, from.length - done);
  if (region.ops === undefined || !isValidAccess(rules, offset, size)) return size;
  for (let half = 0; half < size; half += 4) {
    const width = Math.min(size, 4);
    let value = 0;
    for (let at = width - 1; at >= 0; at--) value = (value << 8) | (from[done + half + at] ?? 0);
    writeOps(region.ops, rules, offset + half, value >>> 0, width);
  }
  return size;
}
