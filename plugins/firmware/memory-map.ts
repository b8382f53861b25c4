// The map of memory that the machine hands over in etc/e820: ACPI 6.5 §15, entries of 20 bytes.
import { GiB } from "backplane";
import { readU64, view } from "./bytes.ts";

export interface MemoryRange {
  readonly start: number;
  readonly length: number;
  readonly isRam: boolean;
}

export const E820_ENTRY_BYTES = 20;
const RAM = 1;
const FOUR_GIB = 4 * GiB;
/** Ranges that end beyond this are noise. */
const LIMIT = 2 ** 52;

export class MemoryMap {
  readonly #ranges: MemoryRange[] = [];

  add(range: MemoryRange): void {
    if (range.length > 0 && range.start + range.length <= LIMIT) this.#ranges.push(range);
  }

  addEntry(entry: Uint8Array): void {
    const [start, length] = [readU64(entry, 0), readU64(entry, 8)];
    this.add({ start, length, isRam: view(entry).readUInt32LE(16) === RAM });
  }

  /** The end of the RAM below 4 GiB. */
  get lowRamEnd(): number {
    return this.#ramEnd((end) => end <= FOUR_GIB);
  }

  /** The end of the RAM above 4 GiB; 4 GiB where there is none. */
  get highRamEnd(): number {
    return Math.max(
      FOUR_GIB,
      this.#ramEnd((end) => end > FOUR_GIB),
    );
  }

  isUsed(start: number, length: number): boolean {
    return this.#ranges.some((range) => start < range.start + range.length && range.start < start + length);
  }

  #ramEnd(accept: (end: number) => boolean): number {
    const ends = this.#ranges.filter(({ isRam }) => isRam).map(({ start, length }) => start + length);
    return Math.max(0, ...ends.filter(accept));
  }
}
