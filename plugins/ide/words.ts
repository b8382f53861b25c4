/** A block of 256 words, as IDENTIFY returns it: ATA/ATAPI-6 (T13/1410D) §8.15. */
export class IdentifyWords {
  readonly bytes = new Uint8Array(512);
  readonly #view = new DataView(this.bytes.buffer);

  set(word: number, value: number): void {
    this.#view.setUint16(2 * word, value & 0xffff, true);
  }

  /** Several words, from `word` on. */
  put(values: { readonly [word: number]: number }): void {
    for (const [word, value] of Object.entries(values)) this.set(Number(word), value);
  }

  /** A number of several words, the low one first. */
  setNumber(word: number, count: number, value: number): void {
    let rest = value;
    for (let index = 0; index < count; index++) {
      this.set(word + index, rest % 65536);
      rest = Math.floor(rest / 65536);
    }
  }

  /** Text, two characters to a word with the first in the high byte, padded with blanks. */
  setText(word: number, length: number, text: string): void {
    for (let index = 0; index < length; index++) {
      this.bytes[2 * word + (index ^ 1)] = index < text.length ? text.charCodeAt(index) & 0xff : 0x20;
    }
  }
}
