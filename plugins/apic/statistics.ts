/** How often each input was raised. */
export class InputCounts {
  readonly counts: Uint32Array;
  readonly #levels: Uint8Array;

  constructor(inputs: number) {
    this.counts = new Uint32Array(inputs);
    this.#levels = new Uint8Array(inputs);
  }

  set(input: number, level: boolean): void {
    const value = level ? 1 : 0;
    if (this.#levels[input] === value) return;
    this.#levels[input] = value;
    this.counts[input] = (this.counts[input] ?? 0) + value;
  }
}
