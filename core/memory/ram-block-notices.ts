import { disposable, type Disposable } from "../disposable.ts";
import { Observers } from "./observers.ts";
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
  readonly #observers = new Observers<RAMBlockNotice>("RAM block notifications");

  readonly #before = new Observers<RAMBlockNotice>("RAM block notifications");

  observe(observer: (notice: RAMBlockNotice) => void, before?: (notice: RAMBlockNotice) => void): Disposable {
    const watching = this.#observers.add(observer);
    const waiting = before === undefined ? undefined : this.#before.add(before);
    return disposable(() => {
      void watching.dispose();
      void waiting?.dispose();
    });
  }

  /** A change is about to be told; `close` follows. */
  begin(open: OpenNotice | undefined): void {
    if (open !== undefined) this.#before.tell(open.notice);
  }

  /** Notes the block as it is before anyone is told; undefined while nobody watches. */
  open(kind: RAMBlockNotification, block: RAMBlockState, change: RAMBlockChange): OpenNotice | undefined {
    if (this.#observers.isEmpty) return undefined;
    const subscribers: OpenNotice["subscribers"] = [];
    const { idstr, usedLength, maxLength } = block;
    const region = block.region.name;
    return { notice: { kind, idstr, region, usedLength, maxLength, ...change, subscribers }, subscribers };
  }

  close(open: OpenNotice | undefined): void {
    if (open !== undefined) this.#observers.tell(open.notice);
  }
}
