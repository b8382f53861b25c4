import { disposable, type Disposable } from "../disposable.ts";
import { TARGET_PAGE_SIZE } from "./address.ts";
import type { DirtyClient, DirtyMemory, PageBitmap } from "./contract.ts";
import { memoryErrors } from "./errors.ts";
import { DensePageBitmap } from "./page-bitmap.ts";
import type { RAMBlock } from "./ram-block.ts";

interface Log {
  readonly client: DirtyClient;
  /** A bitmap comes into being with the first write to its block. */
  readonly bitmaps: Map<RAMBlock, DensePageBitmap>;
  /** The block written last and its bitmap: writes come in runs. */
  lastBlock: RAMBlock | undefined;
  lastBitmap: DensePageBitmap | undefined;
}

/** Who must know that all RAM is logged, and who knows of writes that did not come through here. */
export interface DirtyWatcher {
  started(): void;
  stopped(): void;
  synchronized(): void;
}

/** One set of bitmaps per client, only while it logs. */
export class MachineDirtyMemory implements DirtyMemory {
  readonly #logs: Log[] = [];
  #watcher: DirtyWatcher | undefined;

  watch(watcher: DirtyWatcher): void {
    this.#watcher = watcher;
  }

  log(client: DirtyClient): Disposable {
    if (this.#find(client) !== undefined) throw memoryErrors.DIRTY_LOG_TAKEN(client);
    const log: Log = { client, bitmaps: new Map(), lastBlock: undefined, lastBitmap: undefined };
    this.#logs.push(log);
    if (client === "migration") this.#watcher?.started();
    return disposable(() => {
      if (client === "migration") this.#watcher?.stopped();
      this.#logs.splice(this.#logs.indexOf(log), 1);
    });
  }

  synchronize(): void {
    this.#watcher?.synchronized();
  }

  mark(block: RAMBlock, offset: number, length: number): void {
    if (this.#logs.length === 0 || length <= 0) return;
    const first = Math.floor(offset / TARGET_PAGE_SIZE);
    const last = Math.floor((offset + length - 1) / TARGET_PAGE_SIZE);
    for (const log of this.#logs) {
      const bitmap = log.lastBlock === block ? log.lastBitmap : bitmapOf(log, block);
      if (first === last) bitmap?.set(first);
      else bitmap?.setRange(first, last - first + 1);
    }
  }

  sync(client: DirtyClient, block: RAMBlock, into: PageBitmap): number {
    return this.#find(client)?.bitmaps.get(block)?.drainInto(into) ?? 0;
  }

  /** The range is no part of the block any more: nobody needs to look at it. */
  unmark(block: RAMBlock, offset: number, length: number): void {
    const first = Math.floor(offset / TARGET_PAGE_SIZE);
    const end = Math.ceil((offset + length) / TARGET_PAGE_SIZE);
    for (const log of this.#logs) log.bitmaps.get(block)?.clearRange(first, end - first);
  }

  /** Drops what is kept for a block that was freed. */
  forget(block: RAMBlock): void {
    for (const log of this.#logs) {
      log.bitmaps.delete(block);
      log.lastBlock = undefined;
      log.lastBitmap = undefined;
    }
  }

  #find(client: DirtyClient): Log | undefined {
    return this.#logs.find((log) => log.client === client);
  }
}

function bitmapOf(log: Log, block: RAMBlock): DensePageBitmap {
  let bitmap = log.bitmaps.get(block);
  if (bitmap === undefined) {
    bitmap = new DensePageBitmap(Math.ceil(block.maxLength / TARGET_PAGE_SIZE));
    log.bitmaps.set(block, bitmap);
  }
  log.lastBlock = block;
  log.lastBitmap = bitmap;
  return bitmap;
}
