import { HostCallError, type GuestAddress } from "backplane";

const PAGE = 4096;

/** Guest pages that are private (KVM_SET_MEMORY_ATTRIBUTES), and those that the firmware has been given for the guest. */
export class PrivatePages {
  readonly #private = new Set<number>();
  readonly #assigned = new Set<number>();

  makePrivate(address: GuestAddress, length: number): void {
    if (length === 0 || address % PAGE !== 0 || length % PAGE !== 0) throw new HostCallError("setPrivate", "EINVAL");
    for (let at = 0; at < length; at += PAGE) this.#private.add((address + at) / PAGE);
  }

  /** EINVAL for what is not private, EEXIST for what the guest has already. */
  check(address: GuestAddress, length: number): void {
    for (let at = 0; at < length; at += PAGE) {
      const frame = (address + at) / PAGE;
      if (!this.#private.has(frame)) throw new HostCallError("snpLaunchUpdate", "EINVAL");
      if (this.#assigned.has(frame)) throw new HostCallError("snpLaunchUpdate", "EEXIST");
    }
  }

  assign(address: number): void {
    this.#assigned.add(address / PAGE);
  }
}
