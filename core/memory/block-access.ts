import type { BlockAccess, DirtyMemory } from "./contract.ts";
import type { RAMDiscard } from "./ram-discard.ts";
import type { RAMBlock } from "./ram-block.ts";

/** Every write to a block ends here: the bytes, then the mark. */
export class MarkingBlockAccess implements BlockAccess {
  readonly #dirty: DirtyMemory;
  readonly #discard: RAMDiscard;

  constructor(dirty: DirtyMemory, discard: RAMDiscard) {
    this.#dirty = dirty;
    this.#discard = discard;
  }

  read(block: RAMBlock, offset: number, into: Uint8Array): void {
    block.host.read(offset, into);
  }

  write(block: RAMBlock, offset: number, from: Uint8Array): void {
    block.host.write(offset, from);
    this.#dirty.mark(block, offset, from.length);
  }

  fill(block: RAMBlock, offset: number, length: number, value: number): void {
    block.host.fill(offset, length, value);
    this.#dirty.mark(block, offset, length);
  }

  writeUint(block: RAMBlock, offset: number, size: 1 | 2 | 4, value: number): void {
    block.host.writeUint(offset, size, value);
    this.#dirty.mark(block, offset, size);
  }

  discard(block: RAMBlock, offset: number, length: number): void {
    // Memory that a device has pinned stays where it is; only its bytes go.
    if (this.#discard.isDisabled) block.host.fill(offset, length, 0);
    else block.host.discard(offset, length);
    this.#dirty.mark(block, offset, length);
  }
}
