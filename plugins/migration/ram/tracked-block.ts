import { DensePageBitmap, TARGET_PAGE_SIZE, type DirtyMemory, type RAMBlock } from "backplane";

/** A block that a migration carries, as large as when the stream announced it, with the pages that are still to be sent. */
export class TrackedBlock {
  readonly block: RAMBlock;
  readonly pages: number;
  readonly #dirty: DensePageBitmap;

  constructor(block: RAMBlock) {
    this.block = block;
    this.pages = Math.floor(block.usedLength / TARGET_PAGE_SIZE);
    this.#dirty = new DensePageBitmap(this.pages);
    this.#dirty.setRange(0, this.pages);
  }

  /** How many pages are to be sent. */
  get remaining(): number {
    return this.#dirty.count;
  }

  /** The first such page at or after `from`; `pages` when there is none. */
  next(from: number): number {
    return this.#dirty.next(from);
  }

  /** The page is about to be sent as it is now. */
  take(page: number): void {
    this.#dirty.clear(page);
  }

  /** Adds what was written since the last time. Returns how many pages that made more. */
  sync(memory: DirtyMemory): number {
    const before = this.#dirty.count;
    memory.sync("migration", this.block, this.#dirty);
    return this.#dirty.count - before;
  }
}
