// With chain 4 and all planes on, the legacy window shows video memory as it is: then no access needs the data path.
import { byteLength, guestAddress, regionOffset, type MemoryRegion, type MemoryRegions } from "backplane";
import type { DisplayInterface } from "./dispi.ts";
import { GRAPHICS, MEMORY_MODE, SEQUENCER, type VgaRegisters } from "./registers.ts";

const ALL_PLANES = 0x0f;
/** By the graphics controller's memory map (bits 2 and 3 of its miscellaneous register). */
const PLACES = [
  { base: 0xa0000, length: 0x20000 },
  { base: 0xa0000, length: 0x10000 },
  { base: 0xb0000, length: 0x8000 },
  { base: 0xb8000, length: 0x8000 },
] as const;
const BANKED = 1;
/** Over the window with the data path. */
const PRIORITY = 2;

export class ChainedWindow {
  readonly #regions: MemoryRegions;
  readonly #memory: MemoryRegion;
  readonly #container: MemoryRegion;
  #alias: MemoryRegion | undefined;

  constructor(regions: MemoryRegions, memory: MemoryRegion, container: MemoryRegion) {
    this.#regions = regions;
    this.#memory = memory;
    this.#container = container;
  }

  update(vga: VgaRegisters, display: DisplayInterface): void {
    const { sequencer } = display;
    const map = ((vga.graphics[GRAPHICS.miscellaneous] ?? 0) >> 2) & 3;
    const isChained = ((sequencer[SEQUENCER.memory] ?? 0) & MEMORY_MODE.chain4) !== 0;
    const place =
      isChained && ((sequencer[SEQUENCER.planes] ?? 0) & ALL_PLANES) === ALL_PLANES ? PLACES[map] : undefined;
    if (place === undefined && this.#alias === undefined) return;
    this.#regions.transaction(() => {
      this.remove();
      if (place === undefined) return;
      const offset = regionOffset(map === BANKED ? display.bankOffset : 0);
      this.#alias = this.#regions.alias("vga.chain4", this.#memory, offset, byteLength(place.length));
      this.#container.addSubregion(guestAddress(place.base), this.#alias, PRIORITY);
    });
  }

  remove(): void {
    if (this.#alias !== undefined) this.#container.removeSubregion(this.#alias);
    this.#alias = undefined;
  }
}
