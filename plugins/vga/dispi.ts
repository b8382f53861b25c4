// The display interface of the Bochs VBE extension: an index and sixteen-bit registers, by which a mode is set without
// the VGA's own registers (VBE_DISPI, version 5).
import { CRT, GRAPHICS, SEQUENCER, type VgaRegisters } from "./registers.ts";

const INDEX = {
  id: 0x0,
  width: 0x1,
  height: 0x2,
  depth: 0x3,
  enable: 0x4,
  bank: 0x5,
  virtualWidth: 0x6,
  virtualHeight: 0x7,
  xOffset: 0x8,
  yOffset: 0x9,
  memory: 0xa,
} as const;
const COUNT = 10;
const ID_FIRST = 0xb0c0;
const ID_LAST = 0xb0c5;
const ENABLE = { on: 0x01, capabilities: 0x02, keepMemory: 0x80 } as const;
const MAX = { width: 16000, height: 12000, depth: 32 } as const;
const BANK = 0x10000;

/** What a migration carries of the interface; what it makes of the sequencer follows from it. */
export interface DisplayInterfaceState {
  readonly display: Uint16Array;
  displayIndex: number;
  bankOffset: number;
  /** In words of four bytes. */
  startAddress: number;
  lineLength: number;
  bankMask: number;
}

export class DisplayInterface {
  readonly #registers = new Uint16Array(COUNT);
  /** The sequencer's registers as the mode needs them; the ports keep showing the VGA's own. */
  readonly #sequencer = new Uint8Array(8);
  readonly #vga: VgaRegisters;
  readonly #memory: number;
  readonly #clear: (length: number) => void;
  readonly #changed: () => void;
  #index = 0;
  #lineLength = 0;
  /** Where the picture begins in video memory. */
  #start = 0;
  #bankOffset = 0;

  /** `memory` is the video memory's size in bytes; `clear` makes its beginning zero. */
  constructor(vga: VgaRegisters, memory: number, clear: (length: number) => void, changed: () => void) {
    this.#vga = vga;
    this.#memory = memory;
    this.#clear = clear;
    this.#changed = changed;
    this.reset();
  }

  reset(): void {
    this.#registers.fill(0);
    this.#sequencer.fill(0);
    this.#registers[INDEX.id] = ID_LAST;
    this.#index = 0;
    this.#lineLength = 0;
    this.#start = 0;
    this.#bankOffset = 0;
  }

  captureState(): DisplayInterfaceState {
    return {
      display: this.#registers.slice(),
      displayIndex: this.#index,
      bankOffset: this.#bankOffset,
      startAddress: this.#start >>> 2,
      lineLength: this.#lineLength,
      bankMask: this.#lastBank,
    };
  }

  /** After the VGA's registers: a mode that is on is seen through them. */
  restoreState(state: DisplayInterfaceState): void {
    this.#registers.set(state.display);
    this.#sequencer.fill(0);
    this.#index = state.displayIndex;
    this.#bankOffset = (Math.floor(state.bankOffset / BANK) & this.#lastBank) * BANK;
    this.#start = state.startAddress * 4;
    this.#lineLength = state.lineLength;
    this.program();
    this.#changed();
  }

  /** Where the legacy window begins in video memory. */
  get bankOffset(): number {
    return this.#bankOffset;
  }

  /** The sequencer that decides over accesses to memory. */
  get sequencer(): Uint8Array {
    return this.#isOn ? this.#sequencer : this.#vga.sequencer;
  }

  get index(): number {
    return this.#index;
  }

  set index(value: number) {
    this.#index = value;
  }

  read(): number {
    const index = this.#index;
    if (index === INDEX.memory) return this.#memory / BANK;
    if ((this.#get(INDEX.enable) & ENABLE.capabilities) === 0) return this.#get(index);
    if (index === INDEX.width) return MAX.width;
    if (index === INDEX.height) return MAX.height;
    return index === INDEX.depth ? MAX.depth : this.#get(index);
  }

  write(value: number): void {
    const index = this.#index;
    switch (index) {
      case INDEX.id:
        if (value >= ID_FIRST && value <= ID_LAST) this.#registers[INDEX.id] = value;
        return;
      case INDEX.width:
      case INDEX.height:
      case INDEX.depth:
      case INDEX.virtualWidth:
      case INDEX.xOffset:
      case INDEX.yOffset:
        this.#registers[index] = value;
        this.#fit();
        this.program();
        return;
      case INDEX.bank:
        this.#setBank(value);
        return;
      case INDEX.enable:
        this.#enable(value);
        return;
      default:
        // The virtual height follows, the memory's size is fixed, and beyond there is nothing.
        return;
    }
  }

  #get(index: number): number {
    return this.#registers[index] ?? 0;
  }

  get #isOn(): boolean {
    return (this.#get(INDEX.enable) & ENABLE.on) !== 0;
  }

  #setBank(value: number): void {
    this.#registers[INDEX.bank] = value & this.#lastBank;
    this.#bankOffset = (value & this.#lastBank) * BANK;
    this.#changed();
  }

  get #lastBank(): number {
    return this.#memory / BANK - 1;
  }

  #enable(value: number): void {
    const registers = this.#registers;
    if ((value & ENABLE.on) !== 0 && !this.#isOn) {
      registers[INDEX.virtualWidth] = 0;
      registers[INDEX.xOffset] = 0;
      registers[INDEX.yOffset] = 0;
      registers[INDEX.enable] = this.#get(INDEX.enable) | ENABLE.on;
      this.#fit();
      this.program();
      if ((value & ENABLE.keepMemory) === 0) this.#clear(this.#get(INDEX.height) * this.#lineLength);
    } else {
      this.#bankOffset = 0;
    }
    registers[INDEX.enable] = value;
    this.#changed();
  }

  /** Makes the mode one that exists, and fits the video memory. */
  #fit(): void {
    if (!this.#isOn) return;
    const registers = this.#registers;
    const depth = this.#get(INDEX.depth);
    const bits = depth === 15 ? 16 : [4, 8, 16, 24, 32].includes(depth) ? depth : 8;
    if (depth !== 15) registers[INDEX.depth] = bits;
    const width = Math.min(Math.max(this.#get(INDEX.width) & ~7, 8), MAX.width);
    const virtualWidth = Math.min(Math.max(this.#get(INDEX.virtualWidth) & ~7, width), MAX.width);
    const lineLength = (virtualWidth * bits) / 8;
    const lines = Math.floor(this.#memory / lineLength);
    const height = Math.max(1, Math.min(this.#get(INDEX.height), MAX.height, lines));
    let x = Math.min(this.#get(INDEX.xOffset), MAX.width);
    let y = Math.min(this.#get(INDEX.yOffset), MAX.height);
    if ((x * bits) / 8 + y * lineLength + height * lineLength > this.#memory) {
      y = 0;
      if ((x * bits) / 8 + height * lineLength > this.#memory) x = 0;
    }
    registers[INDEX.width] = width;
    registers[INDEX.height] = height;
    registers[INDEX.virtualWidth] = virtualWidth;
    registers[INDEX.virtualHeight] = lines;
    registers[INDEX.xOffset] = x;
    registers[INDEX.yOffset] = y;
    this.#start = Math.floor((x * bits) / 8) + y * lineLength;
    this.#lineLength = lineLength;
  }

  /** Has the VGA's registers describe the mode, so that who looks at them sees the same. */
  program(): void {
    if (!this.#isOn) return;
    const { crt, graphics } = this.#vga;
    const sequencer = this.#sequencer;
    const set = (file: Uint8Array, index: number, cleared: number, bits: number): void => {
      file[index] = ((file[index] ?? 0) & ~cleared) | bits;
    };
    const last = this.#get(INDEX.height) - 1;
    const isPlanar = this.#get(INDEX.depth) === 4;
    // A window of 64 KiB, and graphics.
    set(graphics, GRAPHICS.miscellaneous, 0x0c, 0x05);
    set(crt, CRT.mode, 0, 0x03);
    crt[CRT.offset] = this.#lineLength >> 3;
    crt[CRT.displayEnd] = (this.#get(INDEX.width) >> 3) - 1;
    crt[CRT.verticalEnd] = last;
    // The ninth and tenth bit of the last line, and a line compare that never comes.
    set(crt, CRT.overflow, 0x42, ((last >> 7) & 0x02) | ((last >> 3) & 0x40) | 0x10);
    crt[CRT.lineCompare] = 0xff;
    set(crt, CRT.scan, 0, 0x40);
    if (isPlanar) {
      set(sequencer, SEQUENCER.clocking, 0x08, 0);
    } else {
      set(sequencer, SEQUENCER.memory, 0, 0x08);
      set(sequencer, SEQUENCER.planes, 0, 0x0f);
    }
    set(graphics, GRAPHICS.mode, 0x60, isPlanar ? 0 : 0x40);
    set(crt, CRT.scan, 0x9f, 0);
  }
}
