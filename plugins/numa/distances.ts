import { numaErrors } from "./errors.ts";
import { DISTANCE } from "./limits.ts";

/** Distances between nodes: what was given, and the square that it comes to. */
export class Distances {
  readonly #given = new Map<string, number>();

  set(from: number, to: number, distance: number): void {
    if (distance < DISTANCE.local) throw numaErrors.NUMA_DISTANCE_SMALL(distance);
    if (from === to && distance !== DISTANCE.local) throw numaErrors.NUMA_DISTANCE_LOCAL(from);
    this.#given.set(key(from, to), distance);
  }

  /**
   * Undefined when none was given. Otherwise one distance of each pair must be there; it then counts in both directions,
   * unless some pair has two that differ: then all must be given.
   */
  complete(nodes: number): readonly (readonly number[])[] | undefined {
    if (this.#given.size === 0) return undefined;
    const ids = Array.from({ length: nodes }, (_, id) => id);
    const pairs = ids.flatMap((from) => ids.slice(from + 1).map((to) => [from, to] as const));
    for (const [from, to] of pairs) {
      if (!this.#has(from, to) && !this.#has(to, from)) throw numaErrors.NUMA_DISTANCE_MISSING(from, to);
    }
    const oneWay = pairs.some(([from, to]) => !this.#has(from, to) || !this.#has(to, from));
    if (oneWay && pairs.some(([from, to]) => this.#isAsymmetrical(from, to))) throw numaErrors.NUMA_DISTANCE_ONE_WAY();
    return ids.map((from) => ids.map((to) => (from === to ? DISTANCE.local : this.#between(from, to))));
  }

  #has(from: number, to: number): boolean {
    return this.#given.has(key(from, to));
  }

  #isAsymmetrical(from: number, to: number): boolean {
    return this.#has(from, to) && this.#has(to, from) && this.#between(from, to) !== this.#between(to, from);
  }

  #between(from: number, to: number): number {
    return this.#given.get(key(from, to)) ?? this.#given.get(key(to, from)) ?? DISTANCE.local;
  }
}

function key(from: number, to: number): string {
  return `${from},${to}`;
}
