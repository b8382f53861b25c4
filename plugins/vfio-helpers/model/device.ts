// A device's file: VFIO_DEVICE_GET_INFO, GET_REGION_INFO, GET_IRQ_INFO, SET_IRQS, RESET of linux/vfio.h.
import { HostCallError, type HostCalls } from "backplane";
import {
  VFIO_PCI_IRQ,
  VFIO_PCI_REGION,
  type VfioCall,
  type VfioDevice,
  type VfioMappedRegion,
  type VfioRegionInfo,
} from "../contract.ts";
import { ConfigSpace } from "./config-space.ts";
import type { DeviceBus, ModelFunction } from "./function.ts";
import type { ModelIommu } from "./iommu.ts";
import { Signals } from "./signals.ts";

const REGIONS = 9;
const IRQS = 5;
const ALL_ONES = { 1: 0xff, 2: 0xffff, 4: 0xffffffff } as const;

export interface ModelDeviceParts {
  readonly function: ModelFunction;
  readonly iommu: ModelIommu;
  readonly calls: HostCalls<VfioCall>;
  readonly closed: () => void;
}

export class ModelDevice implements VfioDevice, DeviceBus {
  readonly #parts: ModelDeviceParts;
  readonly #config: ConfigSpace;
  readonly #signals: Signals;
  #mapped = 0;
  #isOpen = true;

  constructor(parts: ModelDeviceParts) {
    this.#parts = parts;
    this.#config = new ConfigSpace(parts.function);
    this.#signals = new Signals(parts.function.vectors);
    parts.function.reset();
    parts.function.connect(this);
  }

  /** What has not been given back: the file, mapped regions, interrupts. */
  get outstanding(): number {
    return (this.#isOpen ? 1 : 0) + this.#mapped + this.#signals.connected;
  }

  info(): { readonly regions: number; readonly irqs: number; readonly canReset: boolean } {
    this.#enter("deviceInfo");
    return { regions: REGIONS, irqs: IRQS, canReset: true };
  }

  regionInfo(index: number): VfioRegionInfo {
    this.#enter("regionInfo");
    return this.#region(index, "regionInfo");
  }

  readRegion(index: number, offset: number, into: Uint8Array): void {
    this.#enter("readRegion");
    this.#check(index, offset, into.length, "readRegion");
    if (index === VFIO_PCI_REGION.config) this.#config.read(offset, into);
    else for (let at = 0; at < into.length; at++) into[at] = this.#load(offset + at, 1);
  }

  writeRegion(index: number, offset: number, from: Uint8Array): void {
    this.#enter("writeRegion");
    this.#check(index, offset, from.length, "writeRegion");
    if (index === VFIO_PCI_REGION.config) this.#config.write(offset, from);
    else this.#storeBytes(offset, from);
  }

  mapRegion(index: number, offset: number, length: number): VfioMappedRegion {
    this.#enter("mapRegion");
    this.#check(index, offset, length, "mapRegion");
    if (length === 0 || !this.#region(index, "mapRegion").canMap) throw new HostCallError("mapRegion", "EINVAL");
    this.#mapped++;
    let isMapped = true;
    const holds = (at: number, size: number): boolean => isMapped && at >= 0 && at + size <= length;
    return {
      length,
      read: (at, size) => (holds(at, size) ? this.#load(offset + at, size) : ALL_ONES[size]),
      write: (at, size, value) => {
        if (holds(at, size)) this.#store(offset + at, size, value);
      },
      unmap: () => {
        if (isMapped) this.#mapped--;
        isMapped = false;
      },
    };
  }

  irqInfo(index: number): { readonly count: number; readonly eventfd: boolean } {
    this.#enter("irqInfo");
    if (!(index >= 0 && index < IRQS)) throw new HostCallError("irqInfo", "EINVAL");
    return { count: index === VFIO_PCI_IRQ.msix ? this.#parts.function.vectors : 0, eventfd: true };
  }

  setIrq(index: number, start: number, signalled: (() => void) | undefined): void {
    this.#enter("setIrq");
    const isVector = index === VFIO_PCI_IRQ.msix && start >= 0 && start < this.#parts.function.vectors;
    if (!isVector) throw new HostCallError("setIrq", "EINVAL");
    this.#signals.set(start, signalled);
  }

  /** The kernel restores configuration space after it. */
  reset(): void {
    this.#enter("reset");
    this.#parts.function.reset();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#parts.function.connect(undefined);
    this.#signals.clear();
    this.#mapped = 0;
    this.#parts.closed();
  }

  read(iova: number, into: Uint8Array): boolean {
    return this.#config.isMaster && this.#parts.iommu.read(iova, into);
  }

  write(iova: number, from: Uint8Array): boolean {
    return this.#config.isMaster && this.#parts.iommu.write(iova, from);
  }

  signal(vector: number): void {
    if (this.#config.isMaster) this.#signals.raise(vector);
  }

  #enter(call: VfioCall): void {
    this.#parts.calls.enter(call);
    if (!this.#isOpen) throw new HostCallError(call, "EBADF");
  }

  #region(index: number, call: VfioCall): VfioRegionInfo {
    if (!(index >= 0 && index < REGIONS)) throw new HostCallError(call, "EINVAL");
    if (index === VFIO_PCI_REGION.config)
      return { size: this.#config.length, canRead: true, canWrite: true, canMap: false };
    const size = index === VFIO_PCI_REGION.bar0 ? this.#parts.function.barSize : 0;
    return { size, canRead: size > 0, canWrite: size > 0, canMap: size > 0 };
  }

  #check(index: number, offset: number, length: number, call: VfioCall): void {
    const { size } = this.#region(index, call);
    if (!(offset >= 0 && offset + length <= size)) throw new HostCallError(call, "EINVAL");
  }

  /** Registers are 32 bits wide; narrower reads take their part. */
  #load(offset: number, size: 1 | 2 | 4): number {
    if (!this.#config.hasMemory) return ALL_ONES[size];
    const word = this.#parts.function.readRegister(offset - (offset % 4));
    const value = Math.floor(word / 2 ** (8 * (offset % 4)));
    return size === 4 ? value : value & ALL_ONES[size];
  }

  /** Narrower writes are not for registers (NVM Express 1.4 §3.1): they vanish. */
  #store(offset: number, size: 1 | 2 | 4, value: number): void {
    if (!this.#config.hasMemory || size !== 4 || offset % 4 !== 0) return;
    this.#parts.function.writeRegister(offset, value >>> 0);
  }

  #storeBytes(offset: number, from: Uint8Array): void {
    const view = new DataView(from.buffer, from.byteOffset, from.length);
    for (let at = 0; at + 4 <= from.length; at += 4) this.#store(offset + at, 4, view.getUint32(at, true));
  }
}
