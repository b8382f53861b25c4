import { guestAddress, token, type GuestAddress } from "backplane";
import type { Vmgenid } from "./contract.ts";

/** What the machine's one device sets, and everybody else reads. */
export class VmgenidState implements Vmgenid {
  /** The address as the firmware writes it: 64 bits, little-endian. */
  readonly address = Buffer.alloc(8);
  /** What `guid=auto` comes to. */
  readonly automatic: () => string;
  guid: string | undefined;

  constructor(automatic: () => string) {
    this.automatic = automatic;
  }

  get guestAddress(): GuestAddress {
    const address = Number(this.address.readBigUInt64LE());
    return guestAddress(Number.isSafeInteger(address) ? address : 0);
  }
}

/** For the device of this plugin only. */
export const VMGENID_STATE = token<VmgenidState>("VMGENID_STATE");
