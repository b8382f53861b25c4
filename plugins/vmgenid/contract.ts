/** The VM Generation ID device, where the machine has one. */
import { token, type GuestAddress } from "backplane";

export interface Vmgenid {
  /** The GUID of the one device; undefined while the machine has none. */
  readonly guid: string | undefined;
  /** Where the firmware said that it put the GUID; 0 before it did. */
  readonly guestAddress: GuestAddress;
}

export const VMGENID = token<Vmgenid>("VMGENID");
