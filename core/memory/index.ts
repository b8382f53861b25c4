// The memory core: addresses, host memory, RAM blocks and their notifiers, regions and address spaces, dirty pages.
export * from "./address.ts";
export { AnonymousMemory } from "./anonymous-memory.ts";
export { type BackingFile, openBackingFile, type OpenFile } from "./backing-file.ts";
export * from "./contract.ts";
export { memoryErrors } from "./errors.ts";
export { FileMemory } from "./file-memory.ts";
export * from "./host-mapping.ts";
export * from "./host-memory.ts";
export * from "./memory-region.ts";
export { DensePageBitmap } from "./page-bitmap.ts";
export { provideMemory } from "./provide-memory.ts";
export * from "./ram-block-notifier.ts";
export { formatRAMBlockTable } from "./ram-block-table.ts";
export * from "./ram-block.ts";
export { SharedFileMemory } from "./shared-file-memory.ts";
export { isZero } from "./zero.ts";
