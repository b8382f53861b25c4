import { HostCallError, type HostAddressSpace, type HostCalls } from "backplane";
import {
  VFIO_API_VERSION,
  VFIO_TYPE1V2_IOMMU,
  type VfioCall,
  type VfioContainerModel,
  type VfioDmaFault,
  type VfioDmaMap,
  type VfioIommuInfo,
} from "../contract.ts";
import { DmaTable, type DmaTableOptions } from "./dma-table.ts";
import { ModelIommu } from "./iommu.ts";

export class ModelContainer implements VfioContainerModel {
  readonly iommu: ModelIommu;
  readonly #options: DmaTableOptions;
  readonly #calls: HostCalls<VfioCall>;
  readonly #table: DmaTable;
  /** Groups in it; the IOMMU and its mappings live as long as there is one. */
  #groups = 0;
  #hasIommu = false;
  #isAlone = false;
  #isOpen = true;

  constructor(options: DmaTableOptions, memory: HostAddressSpace, calls: HostCalls<VfioCall>) {
    this.#options = options;
    this.#calls = calls;
    this.#table = new DmaTable(options, memory);
    this.iommu = new ModelIommu(this.#table, memory);
  }

  get hasIommu(): boolean {
    return this.#hasIommu;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get faults(): readonly VfioDmaFault[] {
    return this.iommu.faults;
  }

  apiVersion(): number {
    this.#enter("apiVersion");
    return VFIO_API_VERSION;
  }

  hasExtension(extension: number): boolean {
    this.#enter("checkExtension");
    return extension === VFIO_TYPE1V2_IOMMU;
  }

  setIommu(type: number): void {
    this.#enter("setIommu");
    if (type !== VFIO_TYPE1V2_IOMMU || this.#groups === 0 || this.#hasIommu)
      throw new HostCallError("setIommu", "EINVAL");
    this.#hasIommu = true;
  }

  info(): VfioIommuInfo {
    this.#enter("iommuInfo");
    this.#needIommu("iommuInfo");
    const { pageSize, ranges } = this.#options;
    return { pageSizes: pageSize, ranges, dmaAvailable: this.#table.available };
  }

  mapDma(map: VfioDmaMap): void {
    this.#enter("mapDma");
    this.#needIommu("mapDma");
    this.#table.map(map);
  }

  unmapDma(range: { readonly iova: number; readonly length: number } | "all"): number {
    this.#enter("unmapDma");
    this.#needIommu("unmapDma");
    return range === "all" ? this.#table.clear() : this.#table.unmap(range.iova, range.length);
  }

  close(): void {
    this.#isOpen = false;
    if (this.#isAlone) this.#groups = 0;
    this.#settle();
  }

  /** Has an IOMMU without a group. */
  standAlone(): void {
    this.#isAlone = true;
    this.#groups = 1;
    this.#hasIommu = true;
  }

  addGroup(): void {
    this.#groups++;
  }

  dropGroup(): void {
    this.#groups--;
    this.#settle();
  }

  mappings(): readonly VfioDmaMap[] {
    return this.#table.entries();
  }

  readDma(iova: number, into: Uint8Array): boolean {
    return this.iommu.read(iova, into);
  }

  writeDma(iova: number, from: Uint8Array): boolean {
    return this.iommu.write(iova, from);
  }

  /** Without groups there is no IOMMU, and nothing is mapped. */
  #settle(): void {
    if (this.#groups > 0) return;
    this.#table.clear();
    this.#hasIommu = false;
  }

  #enter(call: VfioCall): void {
    this.#calls.enter(call);
    if (!this.#isOpen) throw new HostCallError(call, "EBADF");
  }

  #needIommu(call: VfioCall): void {
    if (!this.#hasIommu) throw new HostCallError(call, "EINVAL");
  }
}
