import type { ByteLength, GuestAddress, RegionOffset } from "./address.ts";
import type { FlatRange } from "./contract.ts";
import type { HostMemory } from "./host-memory.ts";
import type { IommuRegionNode } from "./iommu-region-node.ts";
import type { MemoryRegionNode } from "./memory-region-node.ts";
import type { RAMBlock } from "./ram-block.ts";

/** What a stretch takes from the regions above the one that answers. */
export interface Inherited {
  readonly readonly: boolean;
  readonly nonvolatile: boolean;
}

/** A stretch of an address space in which one region answers. */
export class FlatViewRange implements FlatRange {
  readonly start: GuestAddress;
  /** Exclusive; exact where `length` may be rounded (2^64 minus something). */
  readonly end: number;
  readonly region: MemoryRegionNode;
  readonly offsetInRegion: RegionOffset;
  readonly readonly: boolean;
  readonly nonvolatile: boolean;
  readonly isRomDevice: boolean;
  readonly dirtyLog: number;
  /** For ram, rom and ROM devices. */
  readonly block: RAMBlock | undefined;
  /** Where reads come from without asking a device. */
  readonly readable: HostMemory | undefined;
  /** Where a device's writes go without asking a device, and a processor's. */
  readonly writable: RAMBlock | undefined;
  readonly writableByProcessor: RAMBlock | undefined;
  readonly iommu: IommuRegionNode | undefined;

  constructor(
    start: number,
    end: number,
    region: MemoryRegionNode,
    offsetInRegion: number,
    inherited: Inherited,
    dirtyLog: number,
  ) {
    this.start = start as GuestAddress;
    this.end = end;
    this.region = region;
    this.offsetInRegion = offsetInRegion as RegionOffset;
    this.readonly = inherited.readonly;
    this.nonvolatile = inherited.nonvolatile;
    this.dirtyLog = dirtyLog;
    const { kind } = region;
    this.isRomDevice = kind === "rom-device" && region.isRomDeviceMode;
    this.block = region.ramBlock;
    this.readable = kind !== "rom-device" || this.isRomDevice ? this.block?.host : undefined;
    this.writable = kind === "ram" ? this.block : undefined;
    this.writableByProcessor = this.readonly ? undefined : this.writable;
    this.iommu = region.asIommu;
  }

  get length(): ByteLength {
    return (this.end - this.start) as ByteLength;
  }

  /** Whether nobody could tell them apart but by who wants to know of writes. */
  isLike(other: FlatViewRange): boolean {
    return (
      this.start === other.start &&
      this.end === other.end &&
      this.region === other.region &&
      this.offsetInRegion === other.offsetInRegion &&
      this.readonly === other.readonly &&
      this.nonvolatile === other.nonvolatile &&
      this.isRomDevice === other.isRomDevice &&
      this.block === other.block &&
      this.writable === other.writable
    );
  }

  /** The part that is left when this one's end is moved. */
  until(end: number): FlatViewRange {
    return new FlatViewRange(this.start, end, this.region, this.offsetInRegion, this, this.dirtyLog);
  }
}
