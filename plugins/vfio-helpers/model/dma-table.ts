// The mappings of a container: linux/vfio.h VFIO_IOMMU_MAP_DMA and VFIO_IOMMU_UNMAP_DMA for VFIO_TYPE1v2_IOMMU, with the
// rules and the order of refusals of Linux' type 1 back-end.
import { HostCallError, type HostAddressSpace } from "backplane";
import type { IovaRange, VfioDmaMap } from "../contract.ts";
import { OrderedTable } from "../ordered-table.ts";

const SPACE_END = 2 ** 64;
/** The last address that a number can say exactly. */
const EXACT_END = 2 ** 53;

export interface DmaTableOptions {
  readonly pageSize: number;
  /** Inclusive, ascending. */
  readonly ranges: readonly IovaRange[];
  /** `dma_entry_limit`. */
  readonly entryLimit: number;
  /** RLIMIT_MEMLOCK in bytes; undefined: none. */
  readonly memlockLimit: number | undefined;
}

export class DmaTable {
  readonly #options: DmaTableOptions;
  readonly #memory: HostAddressSpace;
  readonly #entries = new OrderedTable<VfioDmaMap>();
  #locked = 0;

  constructor(options: DmaTableOptions, memory: HostAddressSpace) {
    this.#options = options;
    this.#memory = memory;
  }

  get size(): number {
    return this.#entries.size;
  }

  get available(): number {
    return this.#options.entryLimit - this.#entries.size;
  }

  /** Bytes that are locked for mappings. */
  get locked(): number {
    return this.#locked;
  }

  entries(): VfioDmaMap[] {
    return [...this.#entries.values()];
  }

  map(map: VfioDmaMap): void {
    const { iova, host, length } = map;
    const { pageSize, ranges, memlockLimit = Infinity } = this.#options;
    const isWhole = iova % pageSize === 0 && host % pageSize === 0 && length % pageSize === 0 && length > 0;
    const isExact = iova >= 0 && iova + length <= EXACT_END && host >= 0 && host + length <= EXACT_END;
    if (!isWhole || !isExact || !(map.read || map.write)) throw new HostCallError("mapDma", "EINVAL");
    if (this.#overlaps(iova, length)) throw new HostCallError("mapDma", "EEXIST");
    if (this.available <= 0) throw new HostCallError("mapDma", "ENOSPC");
    const isUsable = ranges.some(({ start, end }) => start <= iova && iova + length - 1 <= end);
    if (!isUsable) throw new HostCallError("mapDma", "EINVAL");
    if (this.#locked + length > memlockLimit) throw new HostCallError("mapDma", "ENOMEM");
    if (!this.#isMemory(host, length)) throw new HostCallError("mapDma", "EFAULT");
    this.#entries.set(iova, { iova, host, length, read: map.read, write: map.write });
    this.#locked += length;
  }

  unmap(iova: number, length: number): number {
    const { pageSize } = this.#options;
    const end = iova + length;
    const isWhole = iova % pageSize === 0 && length % pageSize === 0;
    if (!isWhole || !(iova >= 0) || !(length > 0) || end > SPACE_END) throw new HostCallError("unmapDma", "EINVAL");
    const first = this.find(iova);
    // Most of the time it is one entry.
    if (first !== undefined && first.iova === iova && first.length === length) {
      this.#entries.delete(iova);
      this.#locked -= length;
      return length;
    }
    const last = this.find(end - 1);
    const splitsFirst = first !== undefined && first.iova !== iova;
    const splitsLast = last !== undefined && last.iova + last.length !== end;
    if (splitsFirst || splitsLast) throw new HostCallError("unmapDma", "EINVAL");
    let unmapped = 0;
    for (let entry = this.#entries.atOrAbove(iova); entry !== undefined && entry.iova < end;) {
      unmapped += entry.length;
      this.#entries.delete(entry.iova);
      entry = this.#entries.atOrAbove(entry.iova);
    }
    this.#locked -= unmapped;
    return unmapped;
  }

  clear(): number {
    const unmapped = this.#locked;
    this.#entries.clear();
    this.#locked = 0;
    return unmapped;
  }

  /** The entry that covers the address. */
  find(iova: number): VfioDmaMap | undefined {
    const entry = this.#entries.atOrBelow(iova);
    return entry !== undefined && iova < entry.iova + entry.length ? entry : undefined;
  }

  #overlaps(iova: number, length: number): boolean {
    const before = this.#entries.atOrBelow(iova + length - 1);
    return before !== undefined && before.iova + before.length > iova;
  }

  #isMemory(host: number, length: number): boolean {
    for (let at = 0; at < length;) {
      const target = this.#memory.find((host + at) as VfioDmaMap["host"]);
      if (target === undefined) return false;
      at += target.length;
    }
    return true;
  }
}
