import type { FwCfgSource } from "./contract.ts";

/** What stands under a key: contents, and what happens when the guest touches them. */
export interface Item {
  source: FwCfgSource;
  readonly writable: boolean;
  readonly onSelect: (() => void) | undefined;
  readonly onWrite: ((offset: number, length: number) => void) | undefined;
}

/** An array as a source; writes change the array. */
export function bytesSource(bytes: Uint8Array): FwCfgSource {
  return {
    length: bytes.length,
    read: (offset, into) => into.set(bytes.subarray(offset, offset + into.length)),
    write: (offset, from) => bytes.set(from, offset),
  };
}

export function asSource(contents: Uint8Array | FwCfgSource): FwCfgSource {
  return contents instanceof Uint8Array ? bytesSource(contents) : contents;
}

/** An item whose contents are fixed for the guest. */
export function constantItem(bytes: Uint8Array): Item {
  return { source: bytesSource(bytes), writable: false, onSelect: undefined, onWrite: undefined };
}
