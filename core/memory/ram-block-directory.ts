import type { HostAddress } from "./host-memory.ts";
import { RamAddressAllocator } from "./ram-address-allocator.ts";
import type { RAMBlockState } from "./ram-block-state.ts";
import { lowerBound } from "./sorted.ts";

/** Which blocks there are, in the list's order, and by name and address. Knows nothing of notifiers. */
export class RAMBlockDirectory {
  readonly #ordered: RAMBlockState[] = [];
  readonly #named = new Map<string, RAMBlockState>();
  readonly #addresses = new RamAddressAllocator();
  readonly #freeSlots: number[] = [];
  readonly #bySlot: (RAMBlockState | undefined)[] = [];
  #snapshot: readonly RAMBlockState[] | undefined = [];
  /** The block found last by a ram address: lookups come in runs. */
  #last: RAMBlockState | undefined;

  /** The list as it is now; it does not change under a reader who then allocates or frees. */
  blocks(): readonly RAMBlockState[] {
    this.#snapshot ??= this.#ordered.slice();
    return this.#snapshot;
  }

  /** Whether this list holds the block (and not another machine's list). */
  has(block: RAMBlockState): boolean {
    return block.isListed && this.#bySlot[block.slot] === block;
  }

  list(block: RAMBlockState): void {
    block.slot = this.#freeSlots.pop() ?? this.#bySlot.length;
    this.#bySlot[block.slot] = block;
    this.#addresses.assign(block);
    this.#ordered.splice(this.#indexOf(block), 0, block);
    this.#snapshot = undefined;
  }

  unlist(block: RAMBlockState): void {
    this.#ordered.splice(this.#indexOf(block), 1);
    this.#addresses.release(block);
    if (block.idstr !== "") this.#named.delete(block.idstr);
    this.#bySlot[block.slot] = undefined;
    this.#freeSlots.push(block.slot);
    block.slot = -1;
    this.#snapshot = undefined;
    this.#last = undefined;
  }

  rename(block: RAMBlockState, idstr: string): void {
    if (block.idstr !== "") this.#named.delete(block.idstr);
    block.idstr = idstr;
    if (idstr !== "") this.#named.set(idstr, block);
  }

  byIdstr(idstr: string): RAMBlockState | undefined {
    return this.#named.get(idstr);
  }

  byRamAddress(address: number): RAMBlockState | undefined {
    const last = this.#last;
    if (last !== undefined && address >= last.offset && address < last.offset + last.maxLength) return last;
    const found = this.#addresses.atRamAddress(address);
    if (found !== undefined) this.#last = found;
    return found;
  }

  byHostAddress(address: HostAddress): RAMBlockState | undefined {
    return this.#addresses.atHostAddress(address);
  }

  #indexOf(block: RAMBlockState): number {
    return lowerBound(this.#ordered, (other) => other.compare(block));
  }
}
