import { guestAddress, token, type GuestAddress, type RAMBlock } from "backplane";
import type { Vmgenid } from "./contract.ts";

/** What the machine's one device sets, and everybody else reads. */
export class VmgenidState implements Vmgenid {
  /** The address as the firmware writes it: 64 bits, little-endian. */
  readonly address = Buffer.alloc(8);
  /** What `guid=auto` comes to. */
  readonly automatic: () => string;
  guid: string | undefined;
  /** Nobody has said which. */
  isAutomatic = false;
  /** The memory that the guest has the GUID in, since the firmware said where. */
  block: RAMBlock | undefined;

  constructor(automatic: () => string) {
    this.automatic = automatic;
  }

  get guestAddress(): GuestAddress {
    const address = Number(this.address.readBigUInt64LE());
    return guestAddress(Number.isSafeInteger(address) ? address : 0);
  }

  /** The guest has the GUID nowhere: it starts anew, or the memory with it has gone. */
  forgetAddress(): void {
    this.address.fill(0);
    this.block = undefined;
  }
}

/** For the device of this plugin only. */
export const VMGENID_STATE = token<VmgenidState>("VMGENID_STATE");
