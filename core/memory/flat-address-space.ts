import type { Disposable } from "../disposable.ts";
import type { ByteLength, GuestAddress, RegionOffset } from "./address.ts";
import type { AddressSpaceMapping, MappingDirection } from "./address-space-mapping.ts";
import type { AddressSpace, BlockAccess, FlatRange } from "./contract.ts";
import type { FlatView } from "./flat-view.ts";
import type { FlatViewRange } from "./flat-view-range.ts";
import { GuestMapper } from "./guest-mapper.ts";
import { IOMMU_NONE, IOMMU_READ, IOMMU_WRITE, type IommuPermission, type IommuTranslation } from "./iommu.ts";
import { blankTranslation, type IommuRegionNode } from "./iommu-region-node.ts";
import type { ListenerList } from "./listener-list.ts";
import type { MemoryListener } from "./memory-listener.ts";
import type { MemoryRegion } from "./memory-region.ts";
import type { MemoryRegionNode } from "./memory-region-node.ts";
import {
  loadDevice,
  readDevice,
  readOps,
  refusal,
  storeDevice,
  UNASSIGNED,
  writeDevice,
  writeOps,
} from "./region-access.ts";
import {
  ACCESS_BY_PROCESSOR,
  ACCESS_DEBUG,
  ACCESS_DECODE_ERROR,
  ACCESS_OK,
  ACCESS_UNSPECIFIED,
  type AccessAttributes,
  type AccessOutcome,
  type AccessResult,
} from "./transaction.ts";
import type { RAMBlock } from "./ram-block.ts";

/** What the address spaces of a machine share. */
export interface SpaceServices {
  readonly access: BlockAccess;
  readonly outcome: AccessOutcome;
  readonly listeners: ListenerList;
}

/** An address space over a flat view, which is exchanged when the tree has changed. */
export class FlatAddressSpace implements AddressSpace, Disposable {
  readonly name: string;
  readonly root: MemoryRegionNode;
  readonly #access: BlockAccess;
  readonly #outcome: AccessOutcome;
  readonly #listeners: ListenerList;
  readonly #mapper: GuestMapper;
  readonly #gone: (space: FlatAddressSpace) => void;
  #view: FlatView;
  /** The range that was hit last: accesses come in runs. */
  #last: FlatViewRange | undefined;
  #version = 0;
  /** Filled in by translators; good until the next translation. */
  readonly #translation = blankTranslation();

  constructor(
    name: string,
    root: MemoryRegionNode,
    view: FlatView,
    services: SpaceServices,
    maxBounceBufferSize: number,
    gone: (space: FlatAddressSpace) => void,
  ) {
    this.name = name;
    this.root = root;
    this.#view = view;
    this.#access = services.access;
    this.#outcome = services.outcome;
    this.#listeners = services.listeners;
    this.#mapper = new GuestMapper(this, services.access, maxBounceBufferSize);
    this.#gone = gone;
  }

  get version(): number {
    return this.#version;
  }

  get view(): FlatView {
    return this.#view;
  }

  get lastResult(): AccessResult {
    return this.#outcome.result;
  }

  ranges(): readonly FlatRange[] {
    return this.#view.ranges;
  }

  /** Takes a view, which may be the one it has. */
  show(view: FlatView): void {
    if (view === this.#view) return;
    this.#view = view;
    this.#last = undefined;
    this.#version++;
  }

  find(
    address: GuestAddress,
  ): { readonly region: MemoryRegion; readonly offset: RegionOffset; readonly length: ByteLength } | undefined {
    const range = this.#view.find(address);
    if (range === undefined) return undefined;
    const offset = (address - range.start + range.offsetInRegion) as RegionOffset;
    return { region: range.region, offset, length: (range.end - address) as ByteLength };
  }

  map(
    address: GuestAddress,
    length: number,
    direction: MappingDirection,
    attributes = ACCESS_UNSPECIFIED,
  ): AddressSpaceMapping | undefined {
    return this.#mapper.map(address, length, direction, attributes);
  }

  onMappable(listener: () => void): Disposable {
    return this.#mapper.onMappable(listener);
  }

  listen(listener: MemoryListener): Disposable {
    return this.#listeners.add(listener, this);
  }

  dispose(): void {
    this.#listeners.leave(this);
    this.#gone(this);
  }

  load(address: GuestAddress, size: 1 | 2 | 4, attributes = ACCESS_UNSPECIFIED): number {
    const range = this.#at(address);
    if (range === undefined) return this.#loadNothing(address, size, attributes);
    const offset = address - range.start + range.offsetInRegion;
    if (range.readable !== undefined) {
      if (address + size > range.end) return this.#loadAcross(address, size, attributes);
      this.#outcome.result = ACCESS_OK;
      return range.readable.readUint(offset, size);
    }
    if (range.iommu === undefined) return loadDevice(range.region, offset, size, attributes, this.#outcome);
    return this.#loadTranslated(range.iommu, address, offset, size, attributes);
  }

  store(address: GuestAddress, value: number, size: 1 | 2 | 4, attributes = ACCESS_UNSPECIFIED): AccessResult {
    const range = this.#at(address);
    if (range === undefined) return this.#storeNothing(address, value, size, attributes);
    const offset = address - range.start + range.offsetInRegion;
    if (range.block === undefined) {
      if ((attributes & ACCESS_DEBUG) !== 0) return (this.#outcome.result = ACCESS_OK);
      if (range.iommu !== undefined) {
        return this.#storeTranslated(range.iommu, address, offset, value, size, attributes);
      }
      return storeDevice(range.region, offset, value, size, attributes, this.#outcome);
    }
    if (address + size > range.end) return this.#storeAcross(address, value, size, attributes);
    const block = writableBlock(range, attributes);
    if (block === undefined) return this.#storeReadonly(range, offset, value, size, attributes);
    this.#access.writeUint(block, offset, size, value >>> 0);
    return (this.#outcome.result = ACCESS_OK);
  }

  load64(address: GuestAddress, attributes = ACCESS_UNSPECIFIED): bigint {
    const range = this.#at(address);
    if (range !== undefined && isWide(range)) {
      const { region } = range;
      const offset = address - range.start + range.offsetInRegion;
      const refused = refusal(region, offset, 8, false, attributes);
      if (refused !== ACCESS_OK || region.ops === undefined) {
        this.#outcome.result = refused;
        return BigInt(UNASSIGNED);
      }
      const low = readOps(region.ops, region.rules, offset, 4, attributes, this.#outcome);
      const result = this.#outcome.result;
      const high = readOps(region.ops, region.rules, offset + 4, 4, attributes, this.#outcome);
      this.#outcome.result |= result;
      return join64(low, high);
    }
    const low = this.load(address, 4, attributes);
    const result = this.#outcome.result;
    const high = this.load((address + 4) as GuestAddress, 4, attributes);
    this.#outcome.result |= result;
    return join64(low, high);
  }

  store64(address: GuestAddress, value: bigint, attributes = ACCESS_UNSPECIFIED): AccessResult {
    const low = Number(value & 0xffffffffn);
    const high = Number((value >> 32n) & 0xffffffffn);
    const range = this.#at(address);
    if (range !== undefined && isWide(range)) {
      const { region } = range;
      const offset = address - range.start + range.offsetInRegion;
      const refused = refusal(region, offset, 8, true, attributes);
      if (refused !== ACCESS_OK || region.ops === undefined) return (this.#outcome.result = refused);
      const result = writeOps(region.ops, region.rules, offset, low, 4, attributes, this.#outcome);
      return (this.#outcome.result =
        result | writeOps(region.ops, region.rules, offset + 4, high, 4, attributes, this.#outcome));
    }
    const result = this.store(address, low, 4, attributes);
    return (this.#outcome.result = result | this.store((address + 4) as GuestAddress, high, 4, attributes));
  }

  read(address: GuestAddress, into: Uint8Array, attributes = ACCESS_UNSPECIFIED): AccessResult {
    let result = ACCESS_OK;
    for (let done = 0; done < into.length;) {
      const at = address + done;
      const remaining = into.length - done;
      const range = this.#at(at);
      if (range === undefined) {
        const size = Math.min(remaining, this.#view.holeEnd(at) - at);
        into.fill(UNASSIGNED, done, done + size);
        result |= ACCESS_DECODE_ERROR;
        done += size;
        continue;
      }
      const offset = at - range.start + range.offsetInRegion;
      if (range.readable !== undefined) {
        const size = Math.min(remaining, range.end - at);
        range.readable.read(offset, into.subarray(done, done + size));
        done += size;
      } else if (range.iommu === undefined) {
        done += readDevice(range.region, offset, into, done, attributes, this.#outcome);
        result |= this.#outcome.result;
      } else {
        const entry = this.#translate(range.iommu, offset, IOMMU_READ, attributes);
        const size = Math.min(remaining, range.end - at, entry.size - (offset % entry.size));
        const part = into.subarray(done, done + size);
        if ((entry.permission & IOMMU_READ) === 0 || entry.target === undefined) {
          part.fill(UNASSIGNED);
          result |= ACCESS_DECODE_ERROR;
        } else result |= entry.target.read(translated(entry, offset), part, attributes);
        done += size;
      }
    }
    return (this.#outcome.result = result);
  }

  write(address: GuestAddress, from: Uint8Array, attributes = ACCESS_UNSPECIFIED): AccessResult {
    let result = ACCESS_OK;
    for (let done = 0; done < from.length;) {
      const at = address + done;
      const remaining = from.length - done;
      const range = this.#at(at);
      if (range === undefined) {
        result |= ACCESS_DECODE_ERROR;
        done += Math.min(remaining, this.#view.holeEnd(at) - at);
        continue;
      }
      const offset = at - range.start + range.offsetInRegion;
      const block = writableBlock(range, attributes);
      if (block !== undefined) {
        const size = Math.min(remaining, range.end - at);
        this.#access.write(block, offset, from.subarray(done, done + size));
        done += size;
      } else if ((attributes & ACCESS_DEBUG) !== 0) {
        done += Math.min(remaining, range.end - at);
      } else if (range.block !== undefined && range.region.ops === undefined) {
        if (!isDiscarded(range, attributes)) result |= ACCESS_DECODE_ERROR;
        done += Math.min(remaining, range.end - at);
      } else if (range.iommu === undefined) {
        done += writeDevice(range.region, offset, from, done, attributes, this.#outcome);
        result |= this.#outcome.result;
      } else {
        const entry = this.#translate(range.iommu, offset, IOMMU_WRITE, attributes);
        const size = Math.min(remaining, range.end - at, entry.size - (offset % entry.size));
        if ((entry.permission & IOMMU_WRITE) === 0 || entry.target === undefined) result |= ACCESS_DECODE_ERROR;
        else result |= entry.target.write(translated(entry, offset), from.subarray(done, done + size), attributes);
        done += size;
      }
    }
    return (this.#outcome.result = result);
  }

  #at(address: number): FlatViewRange | undefined {
    const last = this.#last;
    if (last !== undefined && address >= last.start && address < last.end) return last;
    return this.#search(address);
  }

  #search(address: number): FlatViewRange | undefined {
    const found = this.#view.at(address);
    if (found !== undefined) this.#last = found;
    return found;
  }

  #loadNothing(address: number, size: 1 | 2 | 4, attributes: AccessAttributes): number {
    if (size !== 1) return this.#loadAcross(address, size, attributes);
    this.#outcome.result = ACCESS_DECODE_ERROR;
    return UNASSIGNED;
  }

  #storeNothing(address: number, value: number, size: 1 | 2 | 4, attributes: AccessAttributes): AccessResult {
    if (size !== 1) return this.#storeAcross(address, value, size, attributes);
    return (this.#outcome.result = ACCESS_DECODE_ERROR);
  }

  /** An access that leaves its ram range, or starts in a hole, byte by byte. */
  #loadAcross(address: number, size: number, attributes: AccessAttributes): number {
    let value = 0;
    let result = ACCESS_OK;
    for (let at = size - 1; at >= 0; at--) {
      value = (value << 8) | this.load((address + at) as GuestAddress, 1, attributes);
      result |= this.#outcome.result;
    }
    this.#outcome.result = result;
    return value >>> 0;
  }

  #storeAcross(address: number, value: number, size: number, attributes: AccessAttributes): AccessResult {
    let result = ACCESS_OK;
    for (let at = 0; at < size; at++) {
      result |= this.store((address + at) as GuestAddress, (value >>> (at * 8)) & 0xff, 1, attributes);
    }
    return (this.#outcome.result = result);
  }

  /** A store to memory that takes none: a ROM device's registers, ROM, RAM that is read-only to processors. */
  #storeReadonly(
    range: FlatViewRange,
    offset: number,
    value: number,
    size: 1 | 2 | 4,
    attributes: AccessAttributes,
  ): AccessResult {
    if (range.region.ops !== undefined) {
      return storeDevice(range.region, offset, value, size, attributes, this.#outcome);
    }
    return (this.#outcome.result = isDiscarded(range, attributes) ? ACCESS_OK : ACCESS_DECODE_ERROR);
  }

  #loadTranslated(
    iommu: IommuRegionNode,
    address: number,
    offset: number,
    size: 1 | 2 | 4,
    attributes: AccessAttributes,
  ): number {
    const entry = this.#translate(iommu, offset, IOMMU_READ, attributes);
    if ((entry.permission & IOMMU_READ) === 0 || entry.target === undefined) {
      this.#outcome.result = ACCESS_DECODE_ERROR;
      return UNASSIGNED;
    }
    if ((offset % entry.size) + size > entry.size) return this.#loadAcross(address, size, attributes);
    return entry.target.load(translated(entry, offset), size, attributes);
  }

  #storeTranslated(
    iommu: IommuRegionNode,
    address: number,
    offset: number,
    value: number,
    size: 1 | 2 | 4,
    attributes: AccessAttributes,
  ): AccessResult {
    const entry = this.#translate(iommu, offset, IOMMU_WRITE, attributes);
    if ((entry.permission & IOMMU_WRITE) === 0 || entry.target === undefined)
      return (this.#outcome.result = ACCESS_DECODE_ERROR);
    if ((offset % entry.size) + size > entry.size) return this.#storeAcross(address, value, size, attributes);
    return entry.target.store(translated(entry, offset), value, size, attributes);
  }

  #translate(
    iommu: IommuRegionNode,
    offset: number,
    access: IommuPermission,
    attributes: AccessAttributes,
  ): IommuTranslation {
    const entry = this.#translation;
    entry.permission = IOMMU_NONE;
    iommu.iommu.translate(offset, access, attributes, entry);
    return entry;
  }
}

/** Where an offset behind an IOMMU goes: the page comes from the translation, the place in it from the offset. */
export function translated(entry: IommuTranslation, offset: number): GuestAddress {
  return (entry.translated - (entry.translated % entry.size) + (offset % entry.size)) as GuestAddress;
}

/** The block that an access writes without asking a device. */
function writableBlock(range: FlatViewRange, attributes: AccessAttributes): RAMBlock | undefined {
  if ((attributes & (ACCESS_BY_PROCESSOR | ACCESS_DEBUG)) === 0) return range.writable;
  return (attributes & ACCESS_DEBUG) === 0 ? range.writableByProcessor : range.block;
}

/** A processor's write to what is read-only vanishes; a device's is an error. */
function isDiscarded(range: FlatViewRange, attributes: AccessAttributes): boolean {
  return (attributes & ACCESS_BY_PROCESSOR) !== 0 || range.writable !== undefined;
}

/** A device that takes 64 bits at once. */
function isWide(range: FlatViewRange): boolean {
  return (
    range.readable === undefined &&
    range.block === undefined &&
    range.iommu === undefined &&
    range.region.rules.validMax === 8
  );
}

function join64(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}
