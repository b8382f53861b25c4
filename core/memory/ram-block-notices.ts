import { disposable, type Disposable } from "../disposable.ts";
import { messageOf } from "../errors.ts";
import type { RAMBlockNotice, RAMBlockNotification } from "./ram-block-notifier.ts";
import type { RAMBlockState } from "./ram-block-state.ts";
import type { RAMBlockChange } from "./ram-block-subscription.ts";

/** A notice that is being written while its round runs. */
export interface OpenNotice {
  readonly notice: RAMBlockNotice;
  readonly subscribers: { readonly name: string; readonly error?: string }[];
}

/** Who watches deliveries. Nothing is written down while nobody does. */
export class RAMBlockNotices {
  /** Replaced, never changed: who comes or goes while a notice is handed out does not disturb it. */
  #observers: readonly ((notice: RAMBlockNotice) => void)[] = [];

  observe(observer: (notice: RAMBlockNotice) => void): Disposable {
    // A fresh function per registration: the same observer may watch twice.
    const watching = (notice: RAMBlockNotice): void => observer(notice);
    this.#observers = [...this.#observers, watching];
    return disposable(() => {
      this.#observers = this.#observers.filter((other) => other !== watching);
    });
  }

  /** Notes the block as it is before anyone is told; undefined while nobody watches. */
  open(kind: RAMBlockNotification, block: RAMBlockState, change: RAMBlockChange): OpenNotice | undefined {
    if (this.#observers.length === 0) return undefined;
    const subscribers: OpenNotice["subscribers"] = [];
    const { idstr, usedLength, maxLength } = block;
    return { notice: { kind, idstr, usedLength, maxLength, ...change, subscribers }, subscribers };
  }

  close(open: OpenNotice | undefined): void {
    if (open === undefined) return;
    for (const observer of this.#observers) {
      try {
        observer(open.notice);
      } catch (failure) {
        // An observer takes no part: its failure must not look like the change's.
        process.emitWarning(`an observer of RAM block notifications failed: ${messageOf(failure)}`);
      }
    }
  }
}
