import { accessBy, guestAddress, type AccessAttributes, type AddressSpace } from "backplane";
import type { PciFunction } from "backplane/plugins/pci/contract";

/**
 * Memory as a virtio device sees it. Without VIRTIO_F_ACCESS_PLATFORM (VirtIO 1.2 §6) its addresses are the guest's own,
 * whatever IOMMU stands before the function; its messages are the function's in any case. A function that may not be
 * bus master sees nothing.
 */
export class CardMemory {
  readonly #subject: PciFunction;
  /** Undefined: what the function sees. */
  readonly #system: AddressSpace | undefined;

  constructor(subject: PciFunction, system: AddressSpace | undefined) {
    this.#subject = subject;
    this.#system = system;
  }

  get space(): AddressSpace {
    const { memory, busMaster } = this.#subject;
    return busMaster ? (this.#system ?? memory) : memory;
  }

  get attributes(): AccessAttributes {
    return accessBy(this.#subject.requesterId);
  }

  read(address: number, into: Uint8Array): boolean {
    if (!this.#goesPast(address)) return this.#subject.readMemory(address, into);
    this.#system?.read(guestAddress(address), into, this.attributes);
    return true;
  }

  write(address: number, from: Uint8Array): boolean {
    if (!this.#goesPast(address)) return this.#subject.writeMemory(address, from);
    this.#system?.write(guestAddress(address), from, this.attributes);
    return true;
  }

  /** Past the function. It knows what to do with an address that is none. */
  #goesPast(address: number): boolean {
    return this.#system !== undefined && this.#subject.busMaster && Number.isSafeInteger(address);
  }
}
