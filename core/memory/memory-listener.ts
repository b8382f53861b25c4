import type { AddressSpace, FlatRange } from "./contract.ts";

/**
 * Follows an address space's flat view: what KVM, VFIO and vhost keep of a guest's memory. All methods optional. After a
 * batch of changes: `begin`, then every `regionRemoved`, then `regionAdded` and `regionUnchanged` by ascending address,
 * then `commit`. What is added hears listeners of low priority first; what is removed, those of high priority first.
 * While a space's changes are told accesses still see its old view; listeners must not change regions.
 */
export interface MemoryListener {
  readonly name: string;
  /** Default 0. */
  readonly priority?: number;
  begin?(): void;
  commit?(): void;
  regionAdded?(range: FlatRange, space: AddressSpace): void;
  regionRemoved?(range: FlatRange, space: AddressSpace): void;
  /** It stands where it stood, and answers as it did. */
  regionUnchanged?(range: FlatRange, space: AddressSpace): void;
  /** Somebody wants to know of writes to it. `before` and `after` are bits of `DIRTY_…`. */
  logStarted?(range: FlatRange, before: number, after: number): void;
  logStopped?(range: FlatRange, before: number, after: number): void;
  /** Marks what it knows to be written since the last time, before somebody reads dirty pages. */
  logSynchronized?(range: FlatRange): void;
  /** Dirty pages of all RAM are wanted (a migration). */
  globalLogStarted?(): void;
  globalLogStopped?(): void;
}

/** Bits of `FlatRange.dirtyLog`: which clients want to know of writes. */
export const DIRTY_VGA = 1;
export const DIRTY_CODE = 2;
export const DIRTY_MIGRATION = 4;
