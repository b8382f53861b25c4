/**
 * VFIO as user space sees it (linux/vfio.h, IOMMU type 1 version 2), and what the helpers make of it.
 *
 *     const container = host.openContainer();
 *     const group = host.openGroup(host.groupOf("0000:01:00.0"));
 *     group.setContainer(container);
 *     container.setIommu(VFIO_TYPE1V2_IOMMU);
 *     container.mapDma({ iova: 0x10000, host: address, length: 4096, read: true, write: true });
 *     const device = group.device("0000:01:00.0");
 *
 * Every call throws a `HostCallError` with the errno that the kernel gives, and has done nothing then. Addresses are
 * numbers: IOVAs and lengths beyond 2^53 cannot be said, and a range that ends there is `EINVAL`.
 */
import { token, type AddressSpace, type Disposable, type HostAddress } from "backplane";

export const VFIO_API_VERSION = 0;
export const VFIO_TYPE1V2_IOMMU = 3;
/** Regions and interrupts of a PCI device, by index. */
export const VFIO_PCI_REGION = { bar0: 0, bar5: 5, rom: 6, config: 7, vga: 8 } as const;
export const VFIO_PCI_IRQ = { intx: 0, msi: 1, msix: 2, error: 3, request: 4 } as const;

/** The calls of a host that can be made to fail (`faults`). */
export const VFIO_CALLS = [
  "openContainer",
  "apiVersion",
  "checkExtension",
  "groupOf",
  "openGroup",
  "groupStatus",
  "setContainer",
  "setIommu",
  "iommuInfo",
  "mapDma",
  "unmapDma",
  "device",
  "deviceInfo",
  "regionInfo",
  "readRegion",
  "writeRegion",
  "mapRegion",
  "irqInfo",
  "setIrq",
  "reset",
] as const;
export type VfioCall = (typeof VFIO_CALLS)[number];

/** A place that has VFIO: `/dev/vfio`, and what sysfs tells of PCI devices. */
export interface VfioHost {
  /** `/dev/vfio/vfio`. `ENOENT` where the host has no VFIO. */
  openContainer(): VfioContainer;
  /** The number of the device's IOMMU group (`/sys/bus/pci/devices/ADDRESS/iommu_group`). `ENOENT` for no such device. */
  groupOf(device: string): number;
  /** `/dev/vfio/NUMBER`. `EBUSY` while somebody has it open. */
  openGroup(group: number): VfioGroup;
  readonly time: VfioTime;
}

/** Who waits for a register to change asks this clock, which is the host's, not the guest's. */
export interface VfioTime {
  /** Milliseconds since some moment of the past. */
  now(): number;
  /** Lets a little time go by. */
  pause(): void;
}

export interface VfioGroup {
  /** All devices of the group are bound to VFIO or to nothing. */
  status(): { readonly viable: boolean; readonly hasContainer: boolean };
  /** `EINVAL` when it has one already, or the container is not this host's. */
  setContainer(container: VfioContainer): void;
  /** `EINVAL` before the group's container has an IOMMU, `ENODEV` for a device that is not in the group. */
  device(device: string): VfioDevice;
  /** Its container loses it once its devices are closed too. */
  close(): void;
}

/** Permissions are the device's. */
export interface VfioDmaMap {
  readonly iova: number;
  readonly host: HostAddress;
  readonly length: number;
  readonly read: boolean;
  readonly write: boolean;
}

/** Both ends inclusive. */
export interface IovaRange {
  readonly start: number;
  readonly end: number;
}

export interface VfioIommuInfo {
  /** A bit per page size: 0x1000 where 4 KiB pages are the least. */
  readonly pageSizes: number;
  /** Ascending; absent where the host does not tell. */
  readonly ranges?: readonly IovaRange[];
  /** Entries that may still be mapped; absent where the host does not tell. */
  readonly dmaAvailable?: number;
}

export interface VfioContainer {
  apiVersion(): number;
  hasExtension(extension: number): boolean;
  /** `EINVAL` for another type, and while there is no group in it. */
  setIommu(type: number): void;
  /** This and the calls below: `EINVAL` before `setIommu`. */
  info(): VfioIommuInfo;
  /**
   * In this order: `EINVAL` where something is empty, no multiple of the least page, without permission, or goes beyond
   * the end; `EEXIST` where it overlaps a mapping; `ENOSPC` when all entries are in use; `EINVAL` outside of the usable
   * ranges; `ENOMEM` when more would be locked than the process may; `EFAULT` where no memory lies at the address.
   */
  mapDma(map: VfioDmaMap): void;
  /**
   * Unmaps all entries within the range, and returns their bytes, which may be none. `EINVAL` when an entry would be split.
   * `all` is VFIO_DMA_UNMAP_FLAG_ALL.
   */
  unmapDma(range: { readonly iova: number; readonly length: number } | "all"): number;
  /** What is mapped is unmapped when the container and its groups are closed. */
  close(): void;
}

export interface VfioRegionInfo {
  /** 0 where the device has no such region. */
  readonly size: number;
  readonly canRead: boolean;
  readonly canWrite: boolean;
  readonly canMap: boolean;
}

/** A region that was mapped into the process: registers, little-endian. An access of 8 is two of 4, the low half first. */
export interface VfioMappedRegion {
  readonly length: number;
  read(offset: number, size: 1 | 2 | 4): number;
  write(offset: number, size: 1 | 2 | 4, value: number): void;
  unmap(): void;
}

export interface VfioDevice {
  info(): { readonly regions: number; readonly irqs: number; readonly canReset: boolean };
  /** `EINVAL` for an index that the device does not have. */
  regionInfo(index: number): VfioRegionInfo;
  readRegion(index: number, offset: number, into: Uint8Array): void;
  writeRegion(index: number, offset: number, from: Uint8Array): void;
  mapRegion(index: number, offset: number, length: number): VfioMappedRegion;
  irqInfo(index: number): { readonly count: number; readonly eventfd: boolean };
  /**
   * Gives vector `start` of an interrupt an eventfd, or takes it away (undefined). However often it is signalled before
   * the listener runs, that runs once, in a turn of its own.
   */
  setIrq(index: number, start: number, signalled: (() => void) | undefined): void;
  /** Function level reset. `ENOTTY` where the device has none. */
  reset(): void;
  close(): void;
}

/** A third party provides this to put a real host behind the helpers; otherwise the definition's devices are modelled. */
export const VFIO_HOST = token<VfioHost>("VFIO_HOST");

/** A PCI device that was opened for a user-space driver, with all host memory mapped for it. */
export interface VfioPciDevice {
  readonly address: string;
  readonly time: VfioTime;
  mapBar(index: number, offset: number, length: number): VfioMappedRegion;
  initIrq(index: number, signalled: () => void): void;
  readonly dma: VfioDma;
  /** Unmaps everything, resets the device and lets go of it. */
  close(): void;
}

/** IOVAs for host memory: fixed ones from below, temporary ones from above. */
export interface VfioDma {
  /** The host's page: addresses and lengths are multiples of it. */
  readonly pageSize: number;
  /**
   * The IOVA of the memory. What a fixed mapping covers is not mapped again. Throws `VFIO_DMA_MAP` and its kin, whose
   * `cause` is the host's error; a fixed mapping's IOVA is never used again, not even after `unmap`.
   */
  map(host: HostAddress, length: number, kind: "fixed" | "temporary"): number;
  /** Ends the fixed mapping that covers the address, if there is one. */
  unmap(host: HostAddress): void;
  /** Ends all temporary mappings. The caller has made sure that no transfer uses them. */
  resetTemporary(): void;
  /** Where a fixed mapping has put the address. */
  iovaOf(host: HostAddress): number | undefined;
  readonly fixedMappings: number;
  /** Fixed mappings lie below it. */
  readonly fixedEnd: number;
  /** Temporary mappings lie from it on. */
  readonly temporaryStart: number;
}

/** A container that is part of the model in this repository: tests and reports look into it. */
export interface VfioContainerModel extends VfioContainer {
  /** Ascending by IOVA. */
  mappings(): readonly VfioDmaMap[];
  /** As a device in the container would, through its mappings. False: nothing is mapped there, or not for this. */
  readDma(iova: number, into: Uint8Array): boolean;
  writeDma(iova: number, from: Uint8Array): boolean;
  /** Accesses that the IOMMU has refused, oldest first; the last 64. */
  readonly faults: readonly VfioDmaFault[];
}

export interface VfioDmaFault {
  readonly iova: number;
  readonly write: boolean;
  /** `stale`: mapped, but the memory behind it has gone. */
  readonly reason: "unmapped" | "permission" | "stale";
}

export interface VfioHelpers {
  /** Throws with the peer's texts. */
  open(device: string): VfioPciDevice;
  /**
   * Keeps a container's mappings equal to what a device with that address space can reach: RAM where it stands, and what
   * IOMMUs in it translate. Throws when the container refuses what is there at the start; what it refuses later halts the
   * machine (`VFIO_FOLLOW_…` in the log).
   */
  follow(space: AddressSpace, container: VfioContainer): Disposable;
  /** A modelled container with an IOMMU, as if for a group of its own. Whoever asked for it closes it. */
  modelContainer(): VfioContainerModel;
}

export const VFIO_HELPERS = token<VfioHelpers>("VFIO_HELPERS");
