/** Bytes per chunk: the unit in which memory is given and taken back. */
export const CHUNK_SIZE = 0x10000;
export const CHUNK_MASK = CHUNK_SIZE - 1;

const LEAF_BITS = 9;
const LEAF_SIZE = 1 << LEAF_BITS;
const LEAF_MASK = LEAF_SIZE - 1;

interface Leaf {
  readonly chunks: (Uint8Array | undefined)[];
  present: number;
}

/** A sparse array of chunks in two levels: what is absent costs nothing, and whole absent stretches are skipped at once. */
export class ChunkTable {
  readonly #leaves: (Leaf | undefined)[] = [];

  get(index: number): Uint8Array | undefined {
    return this.#leaves[index >>> LEAF_BITS]?.chunks[index & LEAF_MASK];
  }

  set(index: number, chunk: Uint8Array): void {
    const at = index >>> LEAF_BITS;
    // Filling the upper level without holes keeps it a packed array.
    while (this.#leaves.length <= at) this.#leaves.push(undefined);
    let leaf = this.#leaves[at];
    if (leaf === undefined) {
      leaf = { chunks: Array.from({ length: LEAF_SIZE }, () => undefined), present: 0 };
      this.#leaves[at] = leaf;
    }
    if (leaf.chunks[index & LEAF_MASK] === undefined) leaf.present++;
    leaf.chunks[index & LEAF_MASK] = chunk;
  }

  delete(index: number): void {
    const leaf = this.#leaves[index >>> LEAF_BITS];
    if (leaf === undefined || leaf.chunks[index & LEAF_MASK] === undefined) return;
    leaf.chunks[index & LEAF_MASK] = undefined;
    if (--leaf.present === 0) this.#leaves[index >>> LEAF_BITS] = undefined;
  }

  /** The first present index ≥ `from` and < `to`; `to` when there is none. */
  next(from: number, to: number): number {
    for (let index = from; index < to;) {
      const leaf = this.#leaves[index >>> LEAF_BITS];
      const end = Math.min(((index >>> LEAF_BITS) + 1) << LEAF_BITS, to);
      if (leaf !== undefined) {
        for (; index < end; index++) if (leaf.chunks[index & LEAF_MASK] !== undefined) return index;
      }
      index = end;
    }
    return to;
  }

  *entries(): Iterable<Uint8Array> {
    for (const leaf of this.#leaves) {
      for (const chunk of leaf?.chunks ?? []) if (chunk !== undefined) yield chunk;
    }
  }

  clear(): void {
    this.#leaves.length = 0;
  }
}
