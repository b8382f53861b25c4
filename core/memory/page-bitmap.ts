import type { PageBitmap } from "./contract.ts";

/** A bit per page in one array, with its count kept. */
export class DensePageBitmap implements PageBitmap {
  readonly pages: number;
  readonly #words: Uint32Array;
  #count = 0;

  constructor(pages: number) {
    this.pages = pages;
    this.#words = new Uint32Array(Math.ceil(pages / 32));
  }

  get count(): number {
    return this.#count;
  }

  get(page: number): boolean {
    return page >= 0 && page < this.pages && ((this.#word(page >>> 5) >>> (page & 31)) & 1) === 1;
  }

  set(page: number): boolean {
    if (page < 0 || page >= this.pages) return false;
    const word = this.#word(page >>> 5);
    const bit = 1 << (page & 31);
    if ((word & bit) !== 0) return false;
    this.#words[page >>> 5] = word | bit;
    this.#count++;
    return true;
  }

  clear(page: number): boolean {
    if (!this.get(page)) return false;
    this.#words[page >>> 5] = this.#word(page >>> 5) & ~(1 << (page & 31));
    this.#count--;
    return true;
  }

  setRange(page: number, count: number): void {
    this.#eachWord(page, count, (word, mask) => {
      const before = this.#word(word);
      this.#words[word] = before | mask;
      this.#count += bits(mask & ~before);
    });
  }

  clearRange(page: number, count: number): void {
    this.#eachWord(page, count, (word, mask) => {
      const before = this.#word(word);
      this.#words[word] = before & ~mask;
      this.#count -= bits(mask & before);
    });
  }

  next(from: number): number {
    if (from >= this.pages) return this.pages;
    const start = Math.max(from, 0);
    let index = start >>> 5;
    let word = (this.#word(index) >>> (start & 31)) << (start & 31);
    while (word === 0) {
      if (++index >= this.#words.length) return this.pages;
      word = this.#word(index);
    }
    return index * 32 + lowestBit(word);
  }

  /** Moves all bits into `into` (bits beyond its end are lost) and returns how many there were. */
  drainInto(into: PageBitmap): number {
    const moved = this.#count;
    if (moved === 0) return 0;
    if (into instanceof DensePageBitmap && into.pages >= this.pages) {
      for (let word = 0; word < this.#words.length; word++) into.#merge(word, this.#word(word));
    } else {
      for (let page = this.next(0); page < this.pages; page = this.next(page + 1))
        if (page < into.pages) into.set(page);
    }
    this.#words.fill(0);
    this.#count = 0;
    return moved;
  }

  #merge(word: number, added: number): void {
    if (added === 0) return;
    const before = this.#word(word);
    this.#words[word] = before | added;
    this.#count += bits(added & ~before);
  }

  #word(index: number): number {
    return this.#words[index] ?? 0;
  }

  /** Calls with every word that the range touches and the mask of its bits in it. The range is clipped. */
  #eachWord(page: number, count: number, visit: (word: number, mask: number) => void): void {
    const end = Math.min(page + count, this.pages);
    for (let at = Math.max(page, 0); at < end;) {
      const inWord = Math.min(32 - (at & 31), end - at);
      const mask = inWord === 32 ? -1 : ((1 << inWord) - 1) << (at & 31);
      visit(at >>> 5, mask);
      at += inWord;
    }
  }
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** How many bits are set. */
function bits(word: number): number {
  let rest = word - ((word >>> 1) & 0x55555555);
  rest = (rest & 0x33333333) + ((rest >>> 2) & 0x33333333);
  return Math.imul((rest + (rest >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
