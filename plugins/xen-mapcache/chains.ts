import type { CacheEntry } from "./entry.ts";

/** The windows by where they begin. Which addresses share a chain is a matter of policy. */
export class Chains {
  readonly #keyOf: (index: number) => number;
  readonly #chains = new Map<number, CacheEntry[]>();

  constructor(keyOf: (index: number) => number) {
    this.#keyOf = keyOf;
  }

  of(index: number): readonly CacheEntry[] {
    return this.#chains.get(this.#keyOf(index)) ?? [];
  }

  add(entry: CacheEntry): void {
    const key = this.#keyOf(entry.index);
    const chain = this.#chains.get(key);
    if (chain === undefined) this.#chains.set(key, [entry]);
    else chain.push(entry);
  }

  remove(entry: CacheEntry): void {
    const key = this.#keyOf(entry.index);
    const chain = this.#chains.get(key);
    if (chain === undefined || !chain.includes(entry)) return;
    chain.splice(chain.indexOf(entry), 1);
    if (chain.length === 0) this.#chains.delete(key);
  }
}
