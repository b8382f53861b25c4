// The PHY behind MDIC: 82574 Datasheet §9 (registers), §10.2.2.7 (MDIC); IEEE 802.3 clause 22 for pages' common part.
import { R } from "./registers.ts";

const PAGES = 7;
const PAGE_LENGTH = 32;
const PAGE_SELECT = 22;
const OEM_BITS = 25;
const CONTROL = 0;
const STATUS = 1;
const PARTNER = 5;

const BMCR = { restart: 0x200, autonegotiation: 0x1000, loopback: 0x4000, selfClearing: 0x823f } as const;
const BMSR = { link: 0x4, negotiated: 0x20 } as const;
const PARTNER_ACKNOWLEDGE = 0x4000;
const OEM_RESTART = 0x400;
const PAGE_MASK = 0x7f;

const MDIC = {
  data: 0xffff,
  write: 0x0400_0000,
  read: 0x0800_0000,
  ready: 0x1000_0000,
  interrupt: 0x2000_0000,
  error: 0x4000_0000,
} as const;
const PHY_ADDRESS = 1;

/** `r` and `w`; a register of every page is one of page 0. */
const COMMON: Readonly<Record<number, "r" | "rw">> = {
  0: "rw",
  1: "r",
  2: "r",
  3: "r",
  4: "rw",
  5: "r",
  6: "r",
  7: "rw",
  8: "r",
  9: "rw",
  10: "r",
  15: "r",
  22: "rw",
};
const PAGED: readonly (readonly [page: number, registers: Readonly<Record<number, "r" | "rw">>])[] = [
  [0, { 16: "rw", 17: "r", 20: "rw", 21: "r", 25: "rw", 29: "rw", 30: "rw", 18: "rw", 19: "r", 26: "rw" }],
  [2, { 16: "rw", 18: "rw", 19: "r", 21: "rw" }],
  [3, { 16: "rw", 17: "rw", 18: "rw", 19: "rw" }],
  [5, { 20: "r", 21: "r" }],
  [6, { 17: "r" }],
];

const INITIAL: readonly (readonly [page: number, register: number, value: number])[] = [
  [0, 0, 0x1140],
  [0, 1, 0x794d],
  [0, 2, 0x0141],
  [0, 3, 0x0cb1],
  [0, 4, 0x0de1],
  [0, 5, 0x07e0],
  [0, 6, 0x0005],
  [0, 7, 0x2001],
  [0, 9, 0x0f00],
  [0, 10, 0x3c00],
  [0, 15, 0x3000],
  [0, 16, 0x3360],
  [0, 17, 0xac08],
  [2, 16, 0x0088],
  [2, 21, 0x1046],
  [3, 18, 0x4005],
];

export class Phy {
  readonly #values = new Uint16Array(PAGES * PAGE_LENGTH);
  readonly #restart: () => void;

  /** `restart`: the guest wants the link to be negotiated again. */
  constructor(restart: () => void) {
    this.#restart = restart;
  }

  reset(): void {
    this.#values.fill(0);
    for (const [page, register, value] of INITIAL) this.#values[page * PAGE_LENGTH + register] = value;
  }

  captureState(): Uint16Array {
    return this.#values.slice();
  }

  restoreState(values: Uint16Array): void {
    this.#values.set(values);
  }

  get isLoopback(): boolean {
    return (this.#get(CONTROL) & BMCR.loopback) !== 0;
  }

  get hasNegotiated(): boolean {
    return (this.#get(CONTROL) & BMCR.autonegotiation) !== 0 && (this.#get(STATUS) & BMSR.negotiated) !== 0;
  }

  /** The link has not been agreed upon yet. */
  get isNegotiating(): boolean {
    return (this.#get(CONTROL) & BMCR.autonegotiation) !== 0 && (this.#get(STATUS) & BMSR.negotiated) === 0;
  }

  linkDown(): void {
    this.#values[STATUS] = this.#get(STATUS) & ~(BMSR.link | BMSR.negotiated);
    this.#values[PARTNER] = this.#get(PARTNER) & ~PARTNER_ACKNOWLEDGE;
  }

  negotiated(): void {
    this.#values[STATUS] = this.#get(STATUS) | BMSR.link | BMSR.negotiated;
    this.#values[PARTNER] = this.#get(PARTNER) | PARTNER_ACKNOWLEDGE;
  }

  /** Returns whether the guest wants an interrupt when it is done, which is at once. */
  command(registers: Uint32Array, value: number): boolean {
    registers[R.MDIC] = this.#transact(registers[R.MDIC] ?? 0, value) | MDIC.ready;
    return ((registers[R.MDIC] ?? 0) & MDIC.interrupt) !== 0;
  }

  #transact(before: number, value: number): number {
    if (((value >>> 21) & 0x1f) !== PHY_ADDRESS) return before | MDIC.error;
    const register = (value >>> 16) & 0x1f;
    const isCommon = COMMON[register] !== undefined;
    const page = isCommon ? 0 : this.#get(PAGE_SELECT);
    const rights = isCommon ? COMMON[register] : PAGED.find(([number]) => number === page)?.[1][register];
    const at = page * PAGE_LENGTH + register;
    if ((value & MDIC.read) !== 0) {
      return rights === undefined ? value | MDIC.error : (value & ~MDIC.data) | (this.#values[at] ?? 0);
    }
    if ((value & MDIC.write) === 0) return value;
    if (rights !== "rw") return value | MDIC.error;
    this.#write(at, value & MDIC.data);
    return value;
  }

  #write(at: number, value: number): void {
    switch (at) {
      case CONTROL:
        this.#values[at] = value & ~BMCR.selfClearing;
        if ((value & BMCR.restart) !== 0 && (value & BMCR.autonegotiation) !== 0) this.#restart();
        return;
      case PAGE_SELECT:
        this.#values[at] = value & PAGE_MASK;
        return;
      case OEM_BITS:
        this.#values[at] = value & ~OEM_RESTART;
        if ((value & OEM_RESTART) !== 0) this.#restart();
        return;
      default:
        this.#values[at] = value;
    }
  }

  #get(register: number): number {
    return this.#values[register] ?? 0;
  }
}
