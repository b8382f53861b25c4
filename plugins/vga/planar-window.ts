// The legacy window at 0xa0000: four planes of bytes side by side, with the graphics controller in the data path. IBM
// PS/2 Hardware Interface Technical Reference, "Video Subsystem", graphics controller.
import type { BlockAccess, RAMBlock } from "backplane";
import { CRT, GRAPHICS, MEMORY_MODE, SEQUENCER, type VgaRegisters } from "./registers.ts";

const MISCELLANEOUS = { chainOddEven: 0x02 } as const;
const CRT_MODE = { doubleword: 0x40, bytes: 0x40 } as const;
const MODE = { writeMask: 0x03, readCompare: 0x08, oddEven: 0x10 } as const;
const ABSENT = 0xff;

/** Four bits to four bytes of ones. */
function spread(bits: number): number {
  return (
    ((bits & 1) * 0xff) |
    (((bits >> 1) & 1) * 0xff00) |
    (((bits >> 2) & 1) * 0xff0000) |
    (((bits >> 3) & 1) * 0xff000000)
  );
}

function repeat(byte: number): number {
  return byte * 0x01010101;
}

/** Reads and writes bytes of the window; nothing is allocated by an access. */
export class PlanarWindow {
  readonly #vga: VgaRegisters;
  readonly #block: RAMBlock;
  readonly #access: BlockAccess;
  readonly #bankOffset: () => number;
  readonly #sequencerInForce: () => Uint8Array;
  #latch = 0;

  constructor(
    vga: VgaRegisters,
    block: RAMBlock,
    access: BlockAccess,
    bankOffset: () => number,
    sequencerInForce: () => Uint8Array,
  ) {
    this.#vga = vga;
    this.#block = block;
    this.#access = access;
    this.#bankOffset = bankOffset;
    this.#sequencerInForce = sequencerInForce;
  }

  reset(): void {
    this.#latch = 0;
  }

  /** What the last read has left for writes that combine: a byte of each plane. */
  get latch(): number {
    return this.#latch >>> 0;
  }

  set latch(value: number) {
    this.#latch = value;
  }

  read(offset: number): number {
    let at = this.#place(offset);
    if (at < 0) return ABSENT;
    let plane = this.#graphics(GRAPHICS.readPlane);
    if (this.#isChained) {
      plane = at & 3;
      at &= ~3;
    } else if (this.#isOddEven) {
      plane = (plane & 2) | (at & 1);
    }
    at = this.#shifted(at, this.#isOddEven);
    if (at * 4 >= this.#block.usedLength) return ABSENT;
    // The peer asks the ports' own register here even while the display interface has set the mode.
    if (((this.#vga.sequencer[SEQUENCER.memory] ?? 0) & MEMORY_MODE.chain4) !== 0) return this.#load(at * 4 + plane, 1);
    this.#latch = this.#load(at * 4, 4);
    if ((this.#mode & MODE.readCompare) === 0) return (this.#latch >>> (plane * 8)) & 0xff;
    const compared = spread(this.#graphics(GRAPHICS.compare));
    let difference = (this.#latch ^ compared) & spread(this.#graphics(GRAPHICS.ignore) & 0x0f);
    difference |= difference >>> 16;
    difference |= difference >>> 8;
    return ~difference & 0xff;
  }

  write(offset: number, value: number): void {
    let at = this.#place(offset);
    if (at < 0) return;
    const isChained = this.#isChained;
    const isOddEven = (this.#sequencer(SEQUENCER.memory) & MEMORY_MODE.sequential) === 0;
    let planes = this.#sequencer(SEQUENCER.planes);
    const lane = at & 3;
    if (isChained) {
      planes &= 1 << lane;
      at &= ~3;
    } else if (isOddEven) {
      planes &= (at & 1) === 0 ? 0x05 : 0x0a;
    }
    at = this.#shifted(at, isOddEven);
    if (at * 4 >= this.#block.usedLength) return;
    if (isChained) {
      if (planes !== 0) this.#store(at * 4 + lane, 1, value);
      return;
    }
    const selected = spread(planes);
    const bytes = this.#combine(value);
    this.#store(at * 4, 4, ((this.#load(at * 4, 4) & ~selected) | (bytes & selected)) >>> 0);
  }

  get #mode(): number {
    return this.#graphics(GRAPHICS.mode);
  }

  get #isChained(): boolean {
    return (this.#sequencer(SEQUENCER.memory) & MEMORY_MODE.chain4) !== 0;
  }

  /** For reads; writes ask the sequencer. */
  get #isOddEven(): boolean {
    return (this.#mode & MODE.oddEven) !== 0;
  }

  /** Two bytes of the window are one of each of two planes; four in doubleword mode are one of each plane. */
  #shifted(at: number, isOddEven: boolean): number {
    const { crt } = this.#vga;
    const paired = (this.#graphics(GRAPHICS.miscellaneous) & MISCELLANEOUS.chainOddEven) === 0 ? at : at & ~1;
    if (((crt[CRT.underline] ?? 0) & CRT_MODE.doubleword) !== 0) return paired >> 2;
    return isOddEven && ((crt[CRT.mode] ?? 0) & CRT_MODE.bytes) === 0 ? paired >> 1 : paired;
  }

  /** What is in force: the display interface has registers of its own while it is on. */
  #sequencer(index: number): number {
    return this.#sequencerInForce()[index] ?? 0;
  }

  #graphics(index: number): number {
    return this.#vga.graphics[index] ?? 0;
  }

  /** Where the window's address lies, by the part of the 128 KiB that is chosen; negative outside it. */
  #place(offset: number): number {
    switch ((this.#graphics(GRAPHICS.miscellaneous) >> 2) & 3) {
      case 0:
        return offset;
      case 1:
        return offset < 0x10000 ? offset + this.#bankOffset() : -1;
      case 2:
        return offset >= 0x10000 && offset < 0x18000 ? offset - 0x10000 : -1;
      default:
        return offset >= 0x18000 ? offset - 0x18000 : -1;
    }
  }

  /** The four bytes that a write makes of the processor's byte, the latches and the controller's registers. */
  #combine(value: number): number {
    const rotation = this.#graphics(GRAPHICS.rotate) & 7;
    const rotated = ((value >>> rotation) | (value << (8 - rotation))) & 0xff;
    const set = spread(this.#graphics(GRAPHICS.set));
    let mask = this.#graphics(GRAPHICS.mask);
    let bytes: number;
    switch (this.#mode & MODE.writeMask) {
      case 1:
        return this.#latch;
      case 0: {
        const replaced = spread(this.#graphics(GRAPHICS.enableSet));
        bytes = (repeat(rotated) & ~replaced) | (set & replaced);
        break;
      }
      case 2:
        bytes = spread(value & 0x0f);
        break;
      default:
        mask &= rotated;
        bytes = set;
    }
    switch ((this.#graphics(GRAPHICS.rotate) >> 3) & 3) {
      case 1:
        bytes &= this.#latch;
        break;
      case 2:
        bytes |= this.#latch;
        break;
      case 3:
        bytes ^= this.#latch;
        break;
      default:
        break;
    }
    const kept = repeat(mask);
    return (bytes & kept) | (this.#latch & ~kept);
  }

  #load(at: number, size: 1 | 4): number {
    return at + size <= this.#block.usedLength ? this.#block.host.readUint(at, size) : ABSENT;
  }

  #store(at: number, size: 1 | 4, value: number): void {
    if (at + size <= this.#block.usedLength) this.#access.writeUint(this.#block, at, size, value);
  }
}
