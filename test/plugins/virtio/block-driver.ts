import { guestAddress } from "backplane";
import type { Board } from "../pci/board.ts";

const BAR = 0xe000_0000;
const RING = 0x10_0000;
/** Descriptors, available and used ring, and an indirect table, of each queue. */
const RING_LENGTH = 0x4000;
const HEADERS = 0x20_0000;
const HEADER_LENGTH = 32;
export const DATA = 0x30_0000;
const FEATURES = { indirect: 1 << 28, eventIndex: 1 << 29 } as const;

export const TYPE = { read: 0, write: 1, flush: 4, id: 8, discard: 11, writeZeroes: 13 } as const;

export interface Piece {
  readonly address: number;
  readonly length: number;
  /** The device writes it. */
  readonly writable: boolean;
}

export interface DriverOptions {
  readonly slot?: number;
  readonly bus?: number;
  readonly bar?: number;
  /** Features of the first word; default all that are offered, without indirect descriptors and event indices. */
  readonly features?: number;
  /** Of the second word; default VERSION_1. */
  readonly featuresHigh?: number;
  readonly indirect?: boolean;
  readonly eventIndex?: boolean;
  readonly size?: number;
}

/** A driver of a block device: VirtIO 1.2 §3.1, without messages. Its rings lie at 1 MiB, its headers at 2 MiB. */
export class BlockTestDriver {
  readonly board: Board;
  readonly bar: number;
  readonly place: { readonly slot: number; readonly bus: number };
  readonly #options: DriverOptions;
  #used = 0;
  #next = 0;
  #free: number[] = [];
  #size = 0;
  /** Of the queue, by head. */
  readonly #waiting = new Map<number, (length: number) => void>();
  readonly #descriptorsOf = new Map<number, readonly number[]>();
  #polling = false;

  constructor(board: Board, options: DriverOptions = {}) {
    const { slot = 1, bus = 0, bar = BAR } = options;
    this.board = board;
    this.bar = bar;
    this.place = { slot, bus };
    this.#options = options;
    board.config(this.place, 0x20).write(bar);
    board.config(this.place, 0x24).write(0);
    board.config(this.place, 0x04).write(0x6, 2);
  }

  common(offset: number, size: 1 | 2 | 4, value?: number): number {
    if (value !== undefined) this.board.store(this.bar + offset, value, size);
    return this.board.load(this.bar + offset, size);
  }

  config(offset: number, size: 1 | 2 | 4, value?: number): number {
    return this.common(0x2000 + offset, size, value);
  }

  get status(): number {
    return this.common(0x14, 1);
  }

  offered(): readonly [number, number] {
    this.common(0, 4, 0);
    const low = this.common(4, 4);
    this.common(0, 4, 1);
    return [low, this.common(4, 4)];
  }

  /** Resets, negotiates, sets queue 0 up, and is ready. */
  start(): this {
    const { indirect = false, eventIndex = false, size = 64 } = this.#options;
    this.common(0x14, 1, 0);
    this.common(0x14, 1, 3);
    const [low] = this.offered();
    const extra = (indirect ? FEATURES.indirect : 0) | (eventIndex ? FEATURES.eventIndex : 0);
    const features = this.#options.features ?? ((low & ~(FEATURES.indirect | FEATURES.eventIndex)) | extra) >>> 0;
    this.common(8, 4, 0);
    this.common(0xc, 4, features);
    this.common(8, 4, 1);
    this.common(0xc, 4, this.#options.featuresHigh ?? 1);
    this.common(0x14, 1, 0xb);
    this.common(0x16, 2, 0);
    this.common(0x18, 2, size);
    this.#size = size;
    for (const [offset, address] of [
      [0x20, RING],
      [0x28, RING + 0x1000],
      [0x30, RING + 0x2000],
    ] as const) {
      this.common(offset, 4, address);
      this.common(offset + 4, 4, 0);
    }
    for (const address of [RING + 0x1000, RING + 0x2000]) this.board.store(address, 0);
    this.#waiting.clear();
    this.#used = 0;
    this.#next = 0;
    this.#free = Array.from({ length: size }, (_, index) => index).toReversed();
    this.common(0x1c, 2, 1);
    this.common(0x14, 1, 0xf);
    return this;
  }

  /** Offers a chain, and returns what the device says it has written; undefined while it has not come back. */
  submit(pieces: readonly Piece[], kick = true): Promise<number> {
    const { indirect = false } = this.#options;
    const taken = Array.from({ length: indirect ? 1 : pieces.length }, () => {
      const index = this.#free.pop();
      if (index === undefined) throw new Error("no descriptor is free");
      return index;
    });
    const [head = 0] = taken;
    if (indirect) {
      const table = RING + RING_LENGTH + head * 0x1000;
      pieces.forEach((piece, index) => this.#describe(table + 16 * index, piece, index + 1, index + 1 < pieces.length));
      this.board.store(RING + 16 * head, table);
      this.board.store(RING + 16 * head + 4, 0);
      this.board.store(RING + 16 * head + 8, 16 * pieces.length);
      this.board.store(RING + 16 * head + 12, 4, 2);
    } else {
      pieces.forEach((piece, index) => {
        const next = taken[index + 1];
        this.#describe(RING + 16 * (taken[index] ?? 0), piece, next ?? 0, next !== undefined);
      });
    }
    this.board.store(RING + 0x1004 + 2 * (this.#next % this.#size), head, 2);
    this.#next = (this.#next + 1) & 0xffff;
    this.board.store(RING + 0x1002, this.#next, 2);
    this.#descriptorsOf.set(head, taken);
    const done = new Promise<number>((resolve) => this.#waiting.set(head, resolve));
    if (kick) this.kick();
    return done;
  }

  kick(): void {
    this.board.store(this.bar + 0x3000, 0, 2);
    void this.#poll();
  }

  /** Looks at the used ring now. */
  collect(): void {
    const index = this.board.load(RING + 0x2002, 2);
    for (; this.#used !== index; this.#used = (this.#used + 1) & 0xffff) {
      const entry = RING + 0x2004 + 8 * (this.#used % this.#size);
      const head = this.board.load(entry);
      const resolve = this.#waiting.get(head);
      this.#waiting.delete(head);
      this.#free.push(...(this.#descriptorsOf.get(head) ?? []));
      resolve?.(this.board.load(entry + 4));
    }
  }

  /** Waits for nothing any more: the test is over. */
  stop(): void {
    this.#waiting.clear();
  }

  /** Header, data, status. Returns the status byte. */
  async request(type: number, sector: number, data: readonly Piece[], status = 0xff): Promise<number> {
    const header = HEADERS + (this.#free.at(-1) ?? 0) * HEADER_LENGTH;
    this.board.store(header, type);
    this.board.store(header + 4, 0);
    this.board.store(header + 8, sector % 2 ** 32);
    this.board.store(header + 12, Math.floor(sector / 2 ** 32));
    this.board.store(header + 16, status, 1);
    await this.submit([
      { address: header, length: 16, writable: false },
      ...data,
      { address: header + 16, length: 1, writable: true },
    ]);
    return this.board.load(header + 16, 1);
  }

  read(sector: number, address: number, length: number): Promise<number> {
    return this.request(TYPE.read, sector, [{ address, length, writable: true }]);
  }

  write(sector: number, address: number, length: number): Promise<number> {
    return this.request(TYPE.write, sector, [{ address, length, writable: false }]);
  }

  bytes(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.board.memory.read(guestAddress(address), bytes);
    return bytes;
  }

  put(address: number, bytes: Uint8Array): void {
    this.board.memory.write(guestAddress(address), bytes);
  }

  #describe(at: number, { address, length, writable }: Piece, next: number, goesOn: boolean): void {
    this.board.store(at, address % 2 ** 32);
    this.board.store(at + 4, Math.floor(address / 2 ** 32));
    this.board.store(at + 8, length);
    this.board.store(at + 12, (writable ? 2 : 0) | (goesOn ? 1 : 0), 2);
    this.board.store(at + 14, next, 2);
  }

  async #poll(): Promise<void> {
    if (this.#polling) return;
    this.#polling = true;
    for (; this.#waiting.size > 0; await new Promise((resolve) => setImmediate(resolve))) this.collect();
    this.#polling = false;
  }
}
