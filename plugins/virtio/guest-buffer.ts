// Guest memory of a request, held while the request runs: the very bytes where the backend knows the memory, or a copy.
import {
  guestAddress,
  type AccessAttributes,
  type AddressSpace,
  type AddressSpaceMapping,
  type DirtyMemory,
  type Disposable,
  type HostAddress,
  type RAMBlock,
  type RAMList,
} from "backplane";
import type { VirtSegment } from "./contract.ts";

export interface GuestBufferServices {
  /** What the function sees of memory, and how its accesses introduce themselves. */
  readonly space: AddressSpace;
  readonly attributes: AccessAttributes;
  readonly dirty: DirtyMemory;
  readonly blocks: RAMList;
}

/** Who moves data: `read` is from guest memory to the device. */
export type BufferDirection = "read" | "write";

export class GuestBuffer {
  readonly length: number;
  readonly #mappings: readonly AddressSpaceMapping[];
  readonly #direction: BufferDirection;
  readonly #services: GuestBufferServices;
  /** Memory may go while a transfer is under way; its bytes then stay until the transfer has ended. */
  readonly #holds: Disposable[] = [];
  readonly #views: Uint8Array[] = [];

  /** Undefined when something of it can neither be held nor copied: the driver then broke a rule. */
  static map(
    segments: readonly VirtSegment[],
    direction: BufferDirection,
    services: GuestBufferServices,
  ): GuestBuffer | undefined {
    const mappings: AddressSpaceMapping[] = [];
    for (const { address, length } of segments) {
      for (let done = 0; done < length;) {
        const at = guestAddress(address + done);
        const mapping = services.space.map(at, length - done, direction, services.attributes);
        if (mapping === undefined) {
          for (const held of mappings) held.unmap(0);
          return undefined;
        }
        mappings.push(mapping);
        done += mapping.length;
      }
    }
    return new GuestBuffer(mappings, direction, services);
  }

  private constructor(
    mappings: readonly AddressSpaceMapping[],
    direction: BufferDirection,
    services: GuestBufferServices,
  ) {
    this.#mappings = mappings;
    this.#direction = direction;
    this.#services = services;
    let length = 0;
    for (const mapping of mappings) length += mapping.length;
    this.length = length;
  }

  /** All of it is RAM of blocks that `holds` answers for. */
  lies(holds: (block: RAMBlock) => boolean): boolean {
    return this.#mappings.every(({ block }) => block !== undefined && holds(block));
  }

  /** The bytes themselves, with their host addresses. Only where all is RAM. */
  views(): { readonly vector: readonly Uint8Array[]; readonly addresses: readonly HostAddress[] } {
    const vector = this.#views;
    const addresses: HostAddress[] = [];
    for (const { block, offset, length } of this.#mappings) {
      if (block === undefined) continue;
      const hold = block.host.hold?.();
      if (hold !== undefined) this.#holds.push(hold);
      let at = vector.length;
      block.host.borrow(offset, length, this.#direction, vector);
      for (let done = 0; at < vector.length; at++) {
        addresses.push((block.hostAddress + offset + done) as HostAddress);
        done += vector[at]?.length ?? 0;
      }
    }
    return { vector, addresses };
  }

  /** Copies out of it, from `offset` on. */
  copyTo(bytes: Uint8Array, offset: number): void {
    this.#each(bytes, offset, (mapping, at, part) => mapping.read(at, part));
  }

  copyFrom(bytes: Uint8Array, offset: number): void {
    this.#each(bytes, offset, (mapping, at, part) => mapping.write(at, part));
  }

  /** The views were written through. A block that has gone meanwhile is nobody's any more. */
  viewsWritten(): void {
    const { dirty, blocks } = this.#services;
    let from = 0;
    for (const { block, offset, length } of this.#mappings) {
      if (block === undefined) continue;
      const isListed = blocks.byHostAddress(block.hostAddress)?.block === block;
      from = this.#restore(isListed ? block : undefined, offset, length, from);
      if (isListed) dirty.mark(block, offset, length);
    }
  }

  /**
   * Memory that was given back or zeroed while the transfer was under way lies elsewhere now: what came later than that
   * goes there. Returns the index of the first view behind.
   */
  #restore(block: RAMBlock | undefined, offset: number, length: number, from: number): number {
    const now: Uint8Array[] = [];
    block?.host.borrow(offset, length, "write", now);
    let index = from;
    for (let done = 0; done < length; index++) {
      const view = this.#views[index];
      if (view === undefined) break;
      const place = now[index - from];
      if (place !== undefined && (place.buffer !== view.buffer || place.byteOffset !== view.byteOffset))
        place.set(view.subarray(0, place.length));
      done += view.length;
    }
    return index;
  }

  /** What was copied for a device that is no RAM goes to it now. */
  unmap(): void {
    for (const hold of this.#holds.splice(0)) void hold.dispose();
    for (const mapping of this.#mappings) mapping.unmap();
  }

  #each(bytes: Uint8Array, offset: number, move: (mapping: AddressSpaceMapping, at: number, part: Uint8Array) => void) {
    let skip = offset;
    let done = 0;
    for (const mapping of this.#mappings) {
      if (done === bytes.length) return;
      const count = Math.min(mapping.length - skip, bytes.length - done);
      if (count > 0) {
        move(mapping, skip, bytes.subarray(done, done + count));
        done += count;
      }
      skip = Math.max(0, skip - mapping.length);
    }
  }
}
