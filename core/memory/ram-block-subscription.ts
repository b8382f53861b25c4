import {
  RAM_BLOCK_NOTIFICATIONS,
  type RAMBlockNotification,
  type RAMBlockNotifier,
  type RAMBlockRename,
  type RAMBlockResize,
  type Untold,
} from "./ram-block-notifier.ts";
import type { RAMBlockState } from "./ram-block-state.ts";

/** What a notification carries beside the block. */
export type RAMBlockChange = RAMBlockResize | RAMBlockRename | undefined;

type MethodName = Exclude<keyof RAMBlockNotifier, "name">;
type Method = (block: RAMBlockState, change: RAMBlockChange) => void;

/** One registered notifier and the blocks that it knows: its turn for `added` has come, that for `removed` has not. */
export class RAMBlockSubscription {
  readonly notifier: RAMBlockNotifier;
  /** It hears of no new blocks: it is being removed, or was. It goes on hearing of those that it knows. */
  leaving = false;
  /** It knows no block any more, and never will. */
  left = false;
  /** By a block's slot. */
  #known = new Uint8Array(16);

  /** Read once: a look-up per call would cost as much as the call. */
  readonly #methods: readonly (Method | undefined)[];

  /** The kinds that its notifier has methods for. */
  readonly kinds: readonly RAMBlockNotification[];

  /** Its notifier wants to hear of new blocks and is kept from it: it is told of their changes all the same. */
  readonly missesAdded: boolean;

  constructor(notifier: RAMBlockNotifier, untold: readonly Untold[] = []) {
    this.notifier = notifier;
    const methods = notifier as { readonly [Name in MethodName]?: Method };
    // In the order of `kindIndex`.
    const all = [
      methods.ramBlockAdded,
      methods.ramBlockResized,
      methods.ramBlockIdstrChanged,
      methods.ramBlockMigratableChanged,
      methods.ramBlockRemoved,
    ];
    this.kinds = RAM_BLOCK_NOTIFICATIONS.filter((_, index) => all[index] !== undefined);
    const isUntold = (kind: RAMBlockNotification): boolean =>
      untold.some((one) => one.subscriber === notifier.name && one.kind === kind);
    this.#methods = RAM_BLOCK_NOTIFICATIONS.map((kind, index) => (isUntold(kind) ? undefined : all[index]));
    this.missesAdded = isUntold("added") && all[0] !== undefined;
  }

  knows(block: RAMBlockState): boolean {
    return this.#known[block.slot] === 1;
  }

  learn(block: RAMBlockState): void {
    if (block.slot >= this.#known.length) {
      const grown = new Uint8Array(Math.max(block.slot + 1, this.#known.length * 2));
      grown.set(this.#known);
      this.#known = grown;
    }
    this.#known[block.slot] = 1;
  }

  forget(block: RAMBlockState): void {
    if (block.slot >= 0 && block.slot < this.#known.length) this.#known[block.slot] = 0;
  }

  /** Whether it is this subscription's turn to be told; notes what it then knows. */
  hears(kind: RAMBlockNotification, block: RAMBlockState): boolean {
    if (kind === "added") {
      if (this.leaving || this.knows(block)) return false;
      this.learn(block);
      return true;
    }
    if (!this.knows(block)) return false;
    if (kind === "removed") this.forget(block);
    return true;
  }

  /** Calls the method for a kind, given by its `kindIndex`; false when there is none. */
  deliver(methodIndex: number, block: RAMBlockState, change: RAMBlockChange): boolean {
    const method = this.#methods[methodIndex];
    if (method === undefined) return false;
    method.call(this.notifier, block, change);
    return true;
  }
}
