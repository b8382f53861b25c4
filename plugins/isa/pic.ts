// Programmable interrupt controller: Intel 8259A datasheet (231468). A pair of them, the second on input 2 of the first;
// edge or level per input: EISA specification, edge/level control registers.
import { byteLength, type MemoryRegion, type MemoryRegions } from "backplane";

const ICW1 = { initialize: 0x10, single: 0x02, needsIcw4: 0x01 } as const;
const ICW4 = { automaticEnd: 0x02, special: 0x10 } as const;
const OCW3 = {
  select: 0x08,
  poll: 0x04,
  readChange: 0x02,
  readInService: 0x01,
  maskChange: 0x40,
  specialMask: 0x20,
} as const;
const NONE = 8;

export class Pic {
  readonly ports: MemoryRegion;
  readonly elcr: MemoryRegion;
  readonly #isMaster: boolean;
  readonly #elcrMask: number;
  readonly #changed: () => void;
  #lines = 0;
  #lastLines = 0;
  #request = 0;
  #inService = 0;
  #mask = 0;
  #levelTriggered = 0;
  #lowestPriority = 7;
  #vectorBase = 0;
  /** Which initialization word comes next; 0 when none does. */
  #expected = 0;
  #needsIcw4 = false;
  #automaticEnd = false;
  #rotateOnEnd = false;
  #specialMask = false;
  #fullyNested = false;
  #poll = false;
  #readInService = false;

  constructor(
    regions: MemoryRegions,
    options: { readonly master: boolean; readonly elcrMask: number; changed(): void },
  ) {
    this.#isMaster = options.master;
    this.#elcrMask = options.elcrMask;
    this.#changed = () => options.changed();
    this.ports = regions.io("pic", byteLength(2), {
      impl: { min: 1, max: 1 },
      read: (offset) => this.#read(offset),
      write: (offset, value) => (offset === 0 ? this.#writeCommand(value) : this.#writeData(value)),
    });
    this.elcr = regions.io("elcr", byteLength(1), {
      impl: { min: 1, max: 1 },
      read: () => this.#levelTriggered,
      write: (_offset, value) => {
        this.#levelTriggered = value & this.#elcrMask;
      },
    });
  }

  reset(): void {
    this.#levelTriggered = 0;
    this.#initialize();
  }

  /** An input changes its level. */
  set(input: number, level: boolean): void {
    const bit = 1 << input;
    this.#lines = level ? this.#lines | bit : this.#lines & ~bit;
    if ((this.#levelTriggered & bit) !== 0) this.#request = level ? this.#request | bit : this.#request & ~bit;
    else if (level && (this.#lastLines & bit) === 0) this.#request |= bit;
    this.#lastLines = level ? this.#lastLines | bit : this.#lastLines & ~bit;
    this.#changed();
  }

  /** The output to the processor, or to the other controller. */
  get output(): boolean {
    return this.#pending !== NONE;
  }

  /** The processor takes the interrupt: its input and its vector. Without a request it is the spurious input 7. */
  acknowledge(): { readonly input: number; readonly vector: number } {
    const input = this.#pending === NONE ? 7 : this.#pending;
    if (this.#pending !== NONE) this.#take(input);
    return { input, vector: this.#vectorBase + input };
  }

  #take(input: number): void {
    const bit = 1 << input;
    if (this.#automaticEnd) {
      if (this.#rotateOnEnd) this.#lowestPriority = input;
    } else this.#inService |= bit;
    if ((this.#levelTriggered & bit) === 0) this.#request &= ~bit;
    this.#changed();
  }

  /** The input that would be served now. */
  get #pending(): number {
    const wanted = this.#priority(this.#request & ~this.#mask);
    if (wanted === NONE) return NONE;
    let served = this.#inService;
    if (this.#specialMask) served &= ~this.#mask;
    // In fully nested mode the second controller may interrupt itself.
    if (this.#fullyNested && this.#isMaster) served &= ~0x04;
    const current = this.#priority(served);
    return wanted < current ? (wanted + this.#lowestPriority + 1) & 7 : NONE;
  }

  /** Rank of the most urgent bit, 0 being the most urgent. */
  #priority(bits: number): number {
    for (let rank = 0; rank < NONE; rank++) {
      if ((bits & (1 << ((rank + this.#lowestPriority + 1) & 7))) !== 0) return rank;
    }
    return NONE;
  }

  #read(offset: number): number {
    if (this.#poll) {
      this.#poll = false;
      const input = this.#pending;
      if (input === NONE) return 0;
      this.#take(input);
      return 0x80 | input;
    }
    if (offset === 1) return this.#mask;
    return this.#readInService ? this.#inService : this.#request;
  }

  #writeCommand(value: number): void {
    if ((value & ICW1.initialize) !== 0) {
      this.#initialize();
      this.#expected = 2;
      this.#needsIcw4 = (value & ICW1.needsIcw4) !== 0;
      return;
    }
    if ((value & OCW3.select) !== 0) {
      if ((value & OCW3.poll) !== 0) this.#poll = true;
      if ((value & OCW3.readChange) !== 0) this.#readInService = (value & OCW3.readInService) !== 0;
      if ((value & OCW3.maskChange) !== 0) this.#specialMask = (value & OCW3.specialMask) !== 0;
      return;
    }
    this.#endOfInterrupt(value >> 5, value & 7);
    this.#changed();
  }

  /** OCW2. */
  #endOfInterrupt(command: number, input: number): void {
    const current = (this.#priority(this.#inService) + this.#lowestPriority + 1) & 7;
    const isServing = this.#inService !== 0;
    switch (command) {
      case 0:
      case 4:
        this.#rotateOnEnd = command === 4;
        return;
      case 1:
      case 5:
        if (isServing) this.#inService &= ~(1 << current);
        if (isServing && command === 5) this.#lowestPriority = current;
        return;
      case 3:
        this.#inService &= ~(1 << input);
        return;
      case 6:
        this.#lowestPriority = input;
        return;
      case 7:
        this.#inService &= ~(1 << input);
        this.#lowestPriority = input;
        return;
      default:
    }
  }

  #writeData(value: number): void {
    switch (this.#expected) {
      case 2:
        this.#vectorBase = value & 0xf8;
        this.#expected = 3;
        return;
      case 3:
        this.#expected = this.#needsIcw4 ? 4 : 0;
        return;
      case 4:
        this.#fullyNested = (value & ICW4.special) !== 0;
        this.#automaticEnd = (value & ICW4.automaticEnd) !== 0;
        this.#expected = 0;
        return;
      default:
        this.#mask = value & 0xff;
        this.#changed();
    }
  }

  #initialize(): void {
    // A level that is there already requests again; an edge must come again.
    this.#lastLines = 0;
    this.#request &= this.#levelTriggered;
    this.#inService = 0;
    this.#mask = 0;
    this.#lowestPriority = 7;
    this.#expected = 0;
    this.#automaticEnd = false;
    this.#rotateOnEnd = false;
    this.#specialMask = false;
    this.#fullyNested = false;
    this.#poll = false;
    this.#readInService = false;
    this.#changed();
  }
}
