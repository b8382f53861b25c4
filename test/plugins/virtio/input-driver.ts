import { guestAddress } from "backplane";
import type { Board } from "../pci/board.ts";

const BAR = 0xe000_0000;
const PLACE = { slot: 1 };
const RING = 0x10_0000;
const BUFFERS = 0x20_0000;
const SIZE = 64;
const BUFFER = 8;

/** A driver for the function in slot 1: VirtIO 1.2 §3.1, without messages. */
export class InputDriver {
  readonly board: Board;
  #used = 0;

  constructor(board: Board) {
    this.board = board;
    board.config(PLACE, 0x20).write(BAR);
    board.config(PLACE, 0x24).write(0);
    board.config(PLACE, 0x04).write(0x6, 2);
  }

  common(offset: number, size: 1 | 2 | 4, value?: number): number {
    if (value !== undefined) this.board.store(BAR + offset, value, size);
    return this.board.load(BAR + offset, size);
  }

  device(offset: number, size: 1 | 2 | 4, value?: number): number {
    return this.common(0x2000 + offset, size, value);
  }

  offered(): readonly [number, number] {
    this.common(0, 4, 0);
    const low = this.common(4, 4);
    this.common(0, 4, 1);
    return [low, this.common(4, 4)];
  }

  /** Negotiates VERSION_1 and nothing else, and gives the event queue `count` empty buffers. */
  start(count: number): void {
    this.common(0x14, 1, 0);
    this.common(0x14, 1, 3);
    this.common(8, 4, 1);
    this.common(0xc, 4, 1);
    this.common(0x14, 1, 0xb);
    this.common(0x16, 2, 0);
    for (const [offset, address] of [
      [0x20, RING],
      [0x28, RING + 0x1000],
      [0x30, RING + 0x2000],
    ] as const) {
      this.common(offset, 4, address);
      this.common(offset + 4, 4, 0);
    }
    for (let index = 0; index < SIZE; index++) this.descriptor(index, BUFFERS + BUFFER * index, BUFFER, 2, 0);
    for (let index = 0; index < count; index++) this.board.store(RING + 0x1004 + 2 * index, index, 2);
    this.board.store(RING + 0x1002, count, 2);
    this.common(0x1c, 2, 1);
    this.common(0x14, 1, 0xf);
  }

  descriptor(index: number, address: number, length: number, flags: number, next: number): void {
    const at = RING + 16 * index;
    this.board.store(at, address);
    this.board.store(at + 4, 0);
    this.board.store(at + 8, length);
    this.board.store(at + 12, flags, 2);
    this.board.store(at + 14, next, 2);
  }

  available(position: number, head: number): void {
    this.board.store(RING + 0x1004 + 2 * (position % SIZE), head, 2);
    this.board.store(RING + 0x1002, position + 1, 2);
  }

  /** Events that came since the last time: type, code, value. */
  events(): [number, number, number][] {
    const index = this.board.load(RING + 0x2002, 2);
    const result: [number, number, number][] = [];
    for (; this.#used !== index; this.#used++) {
      const entry = RING + 0x2004 + 8 * (this.#used % SIZE);
      const bytes = new Uint8Array(BUFFER);
      this.board.memory.read(guestAddress(BUFFERS + BUFFER * this.board.load(entry)), bytes);
      const view = new DataView(bytes.buffer);
      result.push([view.getUint16(0, true), view.getUint16(2, true), view.getInt32(4, true)]);
    }
    return result;
  }
}
