// Programmable interrupt controller: Intel 8259A datasheet (231468). A pair of them, the second on input 2 of the first;
// edge or level per input: EISA specification, edge/level control registers.
import { byteLength, type IrqLine, type MemoryRegion, type MemoryRegions } from "backplane";
import type { ExternalInterrupts } from "backplane/plugins/apic/contract";

const ICW1 = { initialize: 0x10, level: 0x08, single: 0x02, needsIcw4: 0x01 } as const;
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
/** The first controller's input that the second one's output leads to. */
export const CASCADE = 2;
const SPURIOUS = 7;

/** What a migration carries: the registers by the peer's names. */
export interface PicState {
  lastLines: number;
  request: number;
  mask: number;
  inService: number;
  /** The input that is most urgent. */
  priority: number;
  vectorBase: number;
  readInService: number;
  poll: number;
  specialMask: number;
  initialization: number;
  automaticEnd: number;
  rotateOnEnd: number;
  fullyNested: number;
  needsIcw4: number;
  single: number;
  levelTriggered: number;
  /** All inputs are level-triggered: the older bit, which only streams have that need it. */
  levelMode: number;
}

export class Pic implements ExternalInterrupts {
  readonly ports: MemoryRegion;
  readonly elcr: MemoryRegion;
  readonly isMaster: boolean;
  readonly #elcrMask: number;
  readonly #output: IrqLine;
  readonly #second: () => Pic | undefined;
  #lastLines = 0;
  #request = 0;
  #inService = 0;
  #mask = 0;
  /** Inputs that the edge/level control register makes level-triggered, and whether all are (ICW1). */
  #levelTriggered = 0;
  #isLevelMode = false;
  #lowestPriority = 7;
  #vectorBase = 0;
  /** Which initialization word comes next; 0 when none does. */
  #expected = 0;
  #needsIcw4 = false;
  #isSingle = false;
  #automaticEnd = false;
  #rotateOnEnd = false;
  #specialMask = false;
  #fullyNested = false;
  #poll = false;
  #readInService = false;

  constructor(
    regions: MemoryRegions,
    options: {
      readonly master: boolean;
      readonly elcrMask: number;
      readonly output: IrqLine;
      readonly second: () => Pic | undefined;
    },
  ) {
    this.isMaster = options.master;
    this.#elcrMask = options.elcrMask;
    this.#output = options.output;
    this.#second = options.second;
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
    this.#isLevelMode = false;
    this.#initialize();
  }

  captureState(): PicState {
    return {
      lastLines: this.#lastLines,
      request: this.#request,
      mask: this.#mask,
      inService: this.#inService,
      priority: (this.#lowestPriority + 1) & 7,
      vectorBase: this.#vectorBase,
      readInService: Number(this.#readInService),
      poll: Number(this.#poll),
      specialMask: Number(this.#specialMask),
      // The peer counts from the first of the words that are still to come.
      initialization: this.#expected === 0 ? 0 : this.#expected - 1,
      automaticEnd: Number(this.#automaticEnd),
      rotateOnEnd: Number(this.#rotateOnEnd),
      fullyNested: Number(this.#fullyNested),
      needsIcw4: Number(this.#needsIcw4),
      single: Number(this.#isSingle),
      levelTriggered: this.#levelTriggered,
      levelMode: Number(this.#isLevelMode),
    };
  }

  /** Who hears of the output remembers it by itself. */
  restoreState(state: PicState): void {
    this.#lastLines = state.lastLines;
    this.#request = state.request;
    this.#mask = state.mask;
    this.#inService = state.inService;
    this.#lowestPriority = (state.priority + 7) & 7;
    this.#vectorBase = state.vectorBase;
    this.#readInService = state.readInService !== 0;
    this.#poll = state.poll !== 0;
    this.#specialMask = state.specialMask !== 0;
    this.#expected = state.initialization === 0 ? 0 : (state.initialization & 3) + 1;
    this.#automaticEnd = state.automaticEnd !== 0;
    this.#rotateOnEnd = state.rotateOnEnd !== 0;
    this.#fullyNested = state.fullyNested !== 0;
    this.#needsIcw4 = state.needsIcw4 !== 0;
    this.#isSingle = state.single !== 0;
    this.#levelTriggered = state.levelTriggered & this.#elcrMask;
    this.#isLevelMode = state.levelMode !== 0;
  }

  #isLevel(bit: number): boolean {
    return this.#isLevelMode || (this.#levelTriggered & bit) !== 0;
  }

  #changed(): void {
    this.#output.set(this.output);
  }

  /** An input changes its level. */
  set(input: number, level: boolean): void {
    const bit = 1 << input;
    if (this.#isLevel(bit)) this.#request = level ? this.#request | bit : this.#request & ~bit;
    else if (level && (this.#lastLines & bit) === 0) this.#request |= bit;
    this.#lastLines = level ? this.#lastLines | bit : this.#lastLines & ~bit;
    this.#changed();
  }

  /** A line of `info pic`. */
  text(): string {
    const hex = (value: number): string => value.toString(16).padStart(2, "0");
    return (
      `pic${this.isMaster ? 0 : 1}: irr=${hex(this.#request)} imr=${hex(this.#mask)} isr=${hex(this.#inService)} ` +
      `hprio=${(this.#lowestPriority + 1) & 7} irq_base=${hex(this.#vectorBase)} rr_sel=${this.#readInService ? 1 : 0} ` +
      `elcr=${hex(this.#levelTriggered)} fnm=${this.#fullyNested ? 1 : 0}\n`
    );
  }

  /** The output to the processor, or to the other controller. */
  get output(): boolean {
    return this.#pending !== NONE;
  }

  /** The processor takes the interrupt: its vector. Without a request it is that of the spurious input 7. */
  acknowledge(): number {
    const input = this.#pending;
    if (input === NONE) return this.#vectorBase + SPURIOUS;
    const second = input === CASCADE && this.isMaster ? this.#second() : undefined;
    const vector = second?.acknowledge() ?? this.#vectorBase + input;
    this.#take(input);
    return vector;
  }

  #take(input: number): void {
    const bit = 1 << input;
    if (this.#automaticEnd) {
      if (this.#rotateOnEnd) this.#lowestPriority = input;
    } else this.#inService |= bit;
    if (!this.#isLevel(bit)) this.#request &= ~bit;
    this.#changed();
  }

  /** The input that would be served now. */
  get #pending(): number {
    const wanted = this.#priority(this.#request & ~this.#mask);
    if (wanted === NONE) return NONE;
    let served = this.#inService;
    if (this.#specialMask) served &= ~this.#mask;
    // In fully nested mode the second controller may interrupt itself.
    if (this.#fullyNested && this.isMaster) served &= ~(1 << CASCADE);
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
      this.#isSingle = (value & ICW1.single) !== 0;
      this.#isLevelMode = (value & ICW1.level) !== 0;
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
        // A single controller is told of no other (ICW3).
        this.#expected = this.#isSingle ? (this.#needsIcw4 ? 4 : 0) : 3;
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
    this.#vectorBase = 0;
    this.#expected = 0;
    this.#needsIcw4 = false;
    this.#isSingle = false;
    this.#automaticEnd = false;
    this.#rotateOnEnd = false;
    this.#specialMask = false;
    this.#fullyNested = false;
    this.#poll = false;
    this.#readInService = false;
    this.#changed();
  }
}
