import type { GuestAddress } from "./address.ts";
import { lowerBound } from "./sorted.ts";

/** What a container needs to know of a child. */
export interface Subregion {
  readonly address: GuestAddress;
  readonly size: number;
  readonly priority: number;
  /** Its place among children of equal priority: the greater, the younger. */
  readonly order: number;
}

/** Below this many children all are looked at. */
const FEW = 16;

/**
 * The children of a container, sorted when somebody looks: so any number can be added, moved and removed one by one in
 * time that does not grow with their square.
 */
export class Subregions<T extends Subregion> {
  readonly #members = new Set<T>();
  #nextOrder = 0;
  #rendering: readonly T[] | undefined = [];
  #byAddress: { readonly members: readonly T[]; readonly reaches: Float64Array } | undefined;

  get size(): number {
    return this.#members.size;
  }

  /** The order that a child takes which is put (or moved) now. */
  nextOrder(): number {
    return this.#nextOrder++;
  }

  add(member: T): void {
    this.#members.add(member);
    this.changed();
  }

  delete(member: T): void {
    this.#members.delete(member);
    this.changed();
  }

  /** A child's address, size, priority or order changed. */
  changed(): void {
    this.#rendering = undefined;
    this.#byAddress = undefined;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#members.values();
  }

  /** Highest priority first, among equals the youngest: who comes first hides who comes later. */
  inRenderingOrder(): readonly T[] {
    this.#rendering ??= [...this.#members].sort(byRendering);
    return this.#rendering;
  }

  /** Those that show between two offsets of the container, in rendering order. */
  within(low: number, high: number): readonly T[] {
    if (this.#members.size <= FEW) return this.inRenderingOrder();
    const { members, reaches } = (this.#byAddress ??= this.#index());
    const found: T[] = [];
    let at = lowerBound(members, (member) => (member.address < high ? -1 : 1)) - 1;
    // `reaches` says how far any of the members up to here goes: where nobody comes to `low`, nobody before does either.
    for (; at >= 0 && (reaches[at] ?? 0) > low; at--) {
      const member = members[at];
      if (member !== undefined && member.address + member.size > low) found.push(member);
    }
    return found.length === members.length ? this.inRenderingOrder() : found.sort(byRendering);
  }

  #index(): { readonly members: readonly T[]; readonly reaches: Float64Array } {
    const members = [...this.#members].sort((a, b) => a.address - b.address);
    const reaches = new Float64Array(members.length);
    let reach = 0;
    for (const [index, member] of members.entries()) {
      reach = Math.max(reach, member.address + member.size);
      reaches[index] = reach;
    }
    return { members, reaches };
  }
}

function byRendering(a: Subregion, b: Subregion): number {
  return b.priority - a.priority || b.order - a.order;
}
