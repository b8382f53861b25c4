import { token, type AddressSpace, type Disposable, type RAMDiscard } from "backplane";
import type { Migration } from "backplane/plugins/migration/contract";
import type { VfioContainer, VfioHost } from "../contract.ts";
import type { VfioUse } from "../use.ts";

/** Within this plugin: what devices of guests take of it. */
export interface VfioGuests {
  readonly host: VfioHost;
  readonly discard: RAMDiscard;
  readonly migration: Migration | undefined;
  /** It is open until the result is disposed. */
  used(use: VfioUse): Disposable;
  follow(space: AddressSpace, container: VfioContainer): Disposable;
}

export const VFIO_GUESTS = token<VfioGuests>("VFIO_GUESTS");
