import type { HostMapping } from "./host-mapping.ts";
import type { RAMBlockNotification } from "./ram-block-notifier.ts";
import type { RAMBlock } from "./ram-block.ts";

/** What a subscriber does about one kind of notification, and what becomes of the machine when it cannot, or is not told. */
export type NoticePosition<Subject> =
  | {
      readonly does: string;
      /** What it reads of its subject; `contents` are the bytes. */
      readonly needs: readonly (keyof Subject | "contents")[];
      /** What follows when it fails, as its original has it. */
      readonly fails: string;
      /** What breaks when nobody tells it: what its test shows. */
      readonly untold: string;
    }
  /** Why it need not hear. */
  | { readonly ignores: string };

/**
 * A subscriber's positions on all five kinds, in its plugin's manifest. `name` is that of the notifier it registers.
 * `docs/notifiers.md` and `backplane notifiers` are made of these.
 */
export interface SubscriberManifest {
  readonly name: string;
  /** When it is there: `with a sev-guest object`. Absent: always. */
  readonly when?: string;
  readonly blocks: { readonly [Kind in RAMBlockNotification]: NoticePosition<RAMBlock> };
  /** Mappings that are no RAM blocks. */
  readonly hostMappings?: { readonly [Kind in "added" | "removed"]: NoticePosition<HostMapping> };
}
