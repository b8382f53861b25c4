// A guest that programs the unit: tables in its memory, registers, and a function whose requests go through them.
import { type IommuRegion, type IommuTranslation, type IommuPermission, guestAddress } from "backplane";
import { PCI, type PciFunction } from "backplane/plugins/pci/contract";
import type { Board } from "../pci/board.ts";

export const UNIT = 0xfed9_0000;
export const ROOT = 0x10_0000;
export const CONTEXTS = 0x10_1000;
/** The first of the page tables; the others follow. */
export const TABLES = 0x20_0000;
export const QUEUE = 0x30_0000;
export const STATUS = 0x31_0000;
export const PAGES = 0x80_0000;
/** The AHCI controller, 00:1f.2. */
export const DEVFN = 0xfa;

export const COMMAND = {
  translate: 0x8000_0000,
  setRootTable: 0x4000_0000,
  queue: 0x0400_0000,
  remapInterrupts: 0x0200_0000,
  setRemappingTable: 0x0100_0000,
} as const;

export class Guest {
  readonly board: Board;
  readonly #tables = new Map<string, number>();
  #next = TABLES;
  #tail = 0;

  constructor(board: Board) {
    this.board = board;
    board.config({ slot: DEVFN >> 3, number: DEVFN & 7 }, 0x04).write(0x4);
  }

  get function(): PciFunction {
    const subject = this.board.machine
      .service(PCI)
      .functions()
      .find(({ devfn }) => devfn === DEVFN);
    if (subject === undefined) throw new Error("there is no AHCI controller");
    return subject;
  }

  /** What translates the function's requests; it is there while translation is on. */
  get region(): IommuRegion {
    const found = this.function.memory.find(guestAddress(0))?.region;
    if (found?.kind !== "iommu") throw new Error("requests are not translated");
    return found as IommuRegion;
  }

  register(offset: number): number {
    return this.board.load(UNIT + offset);
  }

  write(offset: number, value: number): void {
    this.board.store(UNIT + offset, value);
  }

  store64(address: number, value: bigint): void {
    this.board.store(address, Number(value & 0xffff_ffffn));
    this.board.store(address + 4, Number((value >> 32n) & 0xffff_ffffn));
  }

  load64(address: number): bigint {
    return (BigInt(this.board.load(address + 4)) << 32n) | BigInt(this.board.load(address));
  }

  /** Legacy mode: the function's domain, translated by second-level tables of four levels. */
  context({ type = 0, domain = 5, width = 2, disabled = false } = {}): void {
    this.store64(ROOT, BigInt(CONTEXTS | 1));
    this.store64(CONTEXTS + DEVFN * 16, BigInt(TABLES | (type << 2) | (disabled ? 2 : 0) | 1));
    this.store64(CONTEXTS + DEVFN * 16 + 8, BigInt((domain << 8) | width));
    this.#next = Math.max(this.#next, TABLES + 0x1000);
  }

  /** Has a page of level 1 to 3 at `address` go to `target`; in between stand tables that permit everything. */
  map(address: number, target: number, { level = 1, rights = 3 } = {}): void {
    let table = TABLES;
    for (let at = 4; at > level; at--) table = this.#below(table, address, at);
    this.store64(entryAt(table, address, level), BigInt(target) | BigInt(rights) | (level > 1 ? 0x80n : 0n));
  }

  unmap(address: number, level = 1): void {
    let table = TABLES;
    for (let at = 4; at > level; at--) table = this.#below(table, address, at);
    this.store64(entryAt(table, address, level), 0n);
  }

  translate(): void {
    this.write(0x20, ROOT);
    this.write(0x18, COMMAND.setRootTable);
    this.write(0x18, COMMAND.translate);
  }

  startQueue(command: number = COMMAND.translate): void {
    this.write(0x90, QUEUE);
    this.write(0x18, (command | COMMAND.queue) >>> 0);
  }

  /** Puts descriptors of 128 bits into the queue, and has them carried out. */
  queue(...descriptors: readonly (readonly [low: bigint, high: bigint])[]): void {
    for (const [low, high] of descriptors) {
      this.store64(QUEUE + this.#tail, low);
      this.store64(QUEUE + this.#tail + 8, high);
      this.#tail = (this.#tail + 16) % 0x1000;
    }
    this.write(0x88, this.#tail);
  }

  /** A translation as every bus master gets it. */
  translation(address: number, access: IommuPermission): IommuTranslation {
    const into: IommuTranslation = { target: undefined, translated: 0, size: 1, permission: 0 };
    this.region.iommu.translate(address, access, 0, into);
    return into;
  }

  /** The fault on record, which is served. */
  takeFault(): { readonly reason: number; readonly source: number; readonly address: bigint } | undefined {
    const top = this.register(0x22c);
    if (top < 0x8000_0000) return undefined;
    const fault = {
      reason: top & 0xff,
      source: this.register(0x228) & 0xffff,
      address: (BigInt(this.register(0x224)) << 32n) | BigInt(this.register(0x220)),
    };
    this.write(0x22c, 0x8000_0000);
    this.write(0x34, 0x11);
    return fault;
  }

  #below(table: number, address: number, level: number): number {
    const at = entryAt(table, address, level);
    const known = this.#tables.get(`${at}`);
    if (known !== undefined) return known;
    const below = this.#next;
    this.#next += 0x1000;
    this.#tables.set(`${at}`, below);
    this.store64(at, BigInt(below | 3));
    return below;
  }
}

function entryAt(table: number, address: number, level: number): number {
  return table + Number((BigInt(address) >> BigInt(12 + 9 * (level - 1))) & 511n) * 8;
}

export const CONTEXT_ALL: readonly [bigint, bigint] = [0x11n, 0n];
export const IOTLB_ALL: readonly [bigint, bigint] = [0x12n, 0n];
export const iotlbDomain = (domain: number): readonly [bigint, bigint] => [0x22n | (BigInt(domain) << 16n), 0n];
export const iotlbPages = (domain: number, address: number, mask = 0): readonly [bigint, bigint] => [
  0x32n | (BigInt(domain) << 16n),
  BigInt(address) | BigInt(mask),
];
export const waitFor = (data: number): readonly [bigint, bigint] => [0x25n | (BigInt(data) << 32n), BigInt(STATUS)];
