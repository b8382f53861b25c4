const WORDS = 8;

/** A bit for each of the 256 vectors: IRR, ISR and TMR of a local APIC. */
export class VectorSet {
  readonly #words = new Uint32Array(WORDS);

  get words(): Uint32Array {
    return this.#words;
  }

  clear(): void {
    this.#words.fill(0);
  }

  has(vector: number): boolean {
    return ((this.#words[vector >> 5] ?? 0) & (1 << (vector & 31))) !== 0;
  }

  set(vector: number, present: boolean): void {
    const bit = 1 << (vector & 31);
    const word = this.#words[vector >> 5] ?? 0;
    this.#words[vector >> 5] = present ? word | bit : word & ~bit;
  }

  /** The most urgent vector, which is the highest; -1 when there is none. */
  get highest(): number {
    for (let index = WORDS - 1; index >= 0; index--) {
      const word = this.#words[index] ?? 0;
      if (word !== 0) return index * 32 + 31 - Math.clz32(word);
    }
    return -1;
  }

  /** 32 vectors, as a register shows them. */
  word(index: number): number {
    return this.#words[index] ?? 0;
  }
}
