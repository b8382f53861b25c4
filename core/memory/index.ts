// The memory core: addresses, host memory, RAM blocks and their notifiers, regions and address spaces, dirty pages.
export * from "./address.ts";
export * from "./address-space-mapping.ts";
export { AnonymousMemory } from "./anonymous-memory.ts";
export { type BackingFile, openBackingFile, type OpenFile } from "./backing-file.ts";
export * from "./contract.ts";
export { memoryErrors } from "./errors.ts";
export { FileMemory } from "./file-memory.ts";
export {
  HOST_ADDRESS_SPACE,
  type HostAddressSpace,
  type HostAddressTarget,
  type HostPlacement,
} from "./host-address-space.ts";
export * from "./host-mapping.ts";
export * from "./host-memory.ts";
export * from "./iommu.ts";
export * from "./memory-listener.ts";
export * from "./memory-region.ts";
export { formatMemoryTree, type MemoryTreeOptions } from "./mtree.ts";
export { DensePageBitmap } from "./page-bitmap.ts";
export { provideMemory } from "./provide-memory.ts";
export * from "./ram-block-notifier.ts";
export * from "./ram-block-positions.ts";
export { formatRAMBlockTable } from "./ram-block-table.ts";
export * from "./ram-block.ts";
export { RAM_DISCARD, type RAMDiscard } from "./ram-discard.ts";
export type { RegionOwner } from "./region-owner.ts";
export {
  posixMemory,
  posixMemoryIfAvailable,
  type MapRequest,
  type Pointer,
  type PosixMemory,
} from "./posix-memory.ts";
export { SharedFileMemory, type FileMapping } from "./shared-file-memory.ts";
export * from "./transaction.ts";
export { isZero } from "./zero.ts";
