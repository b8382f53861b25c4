import { guestAddress } from "backplane";
import type { Board } from "../pci/board.ts";

const ABAR = 0xe000_0000;
const LIST = 0x10_0000;
const FISES = 0x10_1000;
const TABLE = 0x10_2000;
export const BUFFER = 0x20_0000;

/** What a driver does to the first port of the chipset's controller. */
export class AhciDriver {
  readonly #board: Board;

  constructor(board: Board) {
    this.#board = board;
    const place = { slot: 0x1f, number: 2 };
    board.config(place, 0x24).write(ABAR);
    board.config(place, 0x04).write(0x6, 2);
    this.hba(0x04, 0x8000_0002);
    this.port(0x00, LIST);
    this.port(0x08, FISES);
    this.port(0x18, 0x10);
    this.port(0x18, 0x17);
    this.port(0x14, 0xffff_ffff);
    this.port(0x10, 0xffff_ffff);
  }

  hba(offset: number, value?: number): number {
    if (value !== undefined) this.#board.store(ABAR + offset, value);
    return this.#board.load(ABAR + offset);
  }

  port(offset: number, value?: number): number {
    return this.hba(0x100 + offset, value);
  }

  /** Issues a command with one region of memory; resolves when its slot is free, or the device reports an error. */
  async command(
    fis: readonly number[],
    options: { length?: number; write?: boolean; packet?: readonly number[]; tag?: number } = {},
  ) {
    const { length = 0, write = false, packet, tag } = options;
    const flags = 5 | (write ? 0x40 : 0) | (packet === undefined ? 0 : 0x20);
    const slot = tag ?? 0;
    this.#board.store(LIST + 32 * slot, (length > 0 ? 0x1_0000 : 0) | flags);
    this.#board.store(LIST + 32 * slot + 8, TABLE);
    this.#board.store(LIST + 32 * slot + 12, 0);
    this.put(TABLE, Uint8Array.from([0x27, 0x80, ...fis, ...Array.from({ length: 62 - fis.length }, () => 0)]));
    if (packet !== undefined) this.put(TABLE + 0x40, Uint8Array.from(packet));
    this.#board.store(TABLE + 0x80, BUFFER);
    this.#board.store(TABLE + 0x84, 0);
    this.#board.store(TABLE + 0x8c, Math.max(length - 1, 0));
    if (tag !== undefined) this.port(0x34, 2 ** tag);
    this.port(0x38, 2 ** slot);
    for (;;) {
      const busy = tag === undefined ? this.port(0x38) : this.port(0x34);
      if (busy === 0 || (this.port(0x20) & 1) !== 0) break;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return { status: this.port(0x20) & 0xff, error: (this.port(0x20) >> 8) & 0xff };
  }

  put(address: number, bytes: Uint8Array): void {
    this.#board.memory.write(guestAddress(address), bytes);
  }

  get(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.#board.memory.read(guestAddress(address), bytes);
    return bytes;
  }
}

/** The registers of a 48-bit command: feature, address, count. */
export function address48(command: number, sector: number, count: number): number[] {
  return [
    command,
    0,
    sector & 0xff,
    (sector >> 8) & 0xff,
    (sector >> 16) & 0xff,
    0x40,
    0,
    0,
    0,
    0,
    count & 0xff,
    count >> 8,
  ];
}
