// Programmable attribute map: 316966 §5.1.17. Thirteen stretches between 0xc0000 and 1 MiB are read from, and written to,
// either RAM or the PCI bus.
import { byteLength, guestAddress, regionOffset, type MemoryRegion, type MemoryRegions } from "backplane";

interface Sources {
  readonly ram: MemoryRegion;
  readonly pci: MemoryRegion;
  readonly system: MemoryRegion;
}

const BIOS = { start: 0xf0000, length: 0x10000 } as const;
const EXPANSION = { start: 0xc0000, length: 0x4000, count: 12 } as const;
const READ = 0x1;
const WRITE = 0x2;
const ATTRIBUTES = 0x3;
const PRIORITY = 1;

/** One stretch: four aliases, of which the one for the present attributes is enabled. */
class Stretch {
  readonly #aliases: readonly MemoryRegion[];
  #current = 0;

  constructor(regions: MemoryRegions, { ram, pci, system }: Sources, start: number, length: number) {
    const alias = (name: string, target: MemoryRegion): MemoryRegion =>
      regions.alias(name, target, regionOffset(start), byteLength(length));
    const rom = alias("pam-rom", ram);
    rom.setReadonly(true);
    // Write-only RAM reads as RAM: a region cannot be written elsewhere than it is read, and the peer chose so too.
    this.#aliases = [alias("pam-pci", pci), rom, alias("pam-pci", ram), alias("pam-ram", ram)];
    for (const region of this.#aliases) {
      region.setEnabled(false);
      system.addSubregion(guestAddress(start), region, PRIORITY);
    }
  }

  apply(attributes: number): void {
    this.#aliases[this.#current]?.setEnabled(false);
    this.#current = attributes & (READ | WRITE);
    this.#aliases[this.#current]?.setEnabled(true);
  }
}

export class AttributeMap {
  readonly #stretches: readonly Stretch[];

  constructor(regions: MemoryRegions, sources: Sources) {
    this.#stretches = [
      new Stretch(regions, sources, BIOS.start, BIOS.length),
      ...Array.from(
        { length: EXPANSION.count },
        (_, index) => new Stretch(regions, sources, EXPANSION.start + index * EXPANSION.length, EXPANSION.length),
      ),
    ];
  }

  /** `registers` are PAM0 to PAM6: the BIOS area in the upper half of the first, then two stretches each. */
  apply(registers: readonly number[]): void {
    for (const [index, stretch] of this.#stretches.entries()) {
      const register = registers[Math.ceil(index / 2)] ?? 0;
      stretch.apply((index % 2 === 0 ? register >> 4 : register) & ATTRIBUTES);
    }
  }
}
