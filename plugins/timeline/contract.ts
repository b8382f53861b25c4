/** What happened in a machine, in order, with virtual times. */
import type { FirmwareEvent } from "backplane/plugins/firmware/contract";
import {
  token,
  type Disposable,
  type HostMappingNotice,
  type RAMBlockNotice,
  type RunState,
  type VirtualTime,
} from "backplane";

export type TimelineEntry =
  | { readonly kind: "ram-block"; readonly time: VirtualTime; readonly notice: RAMBlockNotice }
  | { readonly kind: "host-mapping"; readonly time: VirtualTime; readonly notice: HostMappingNotice }
  | {
      readonly kind: "migration";
      readonly time: VirtualTime;
      readonly from: string;
      readonly to: string;
      readonly reason?: string;
    }
  | { readonly kind: "run-state"; readonly time: VirtualTime; readonly from: RunState; readonly to: RunState }
  | { readonly kind: "firmware"; readonly time: VirtualTime; readonly event: FirmwareEvent };

export interface Timeline {
  /** Since the machine was made, or since the latest dropped one: at most the plugin's `keep` entries. */
  entries(): readonly TimelineEntry[];
  /** How many of the oldest entries were dropped. */
  readonly dropped: number;
  listen(listener: (entry: TimelineEntry) => void): Disposable;
}

export const TIMELINE = token<Timeline>("TIMELINE");
