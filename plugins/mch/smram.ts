// System management RAM: 316966 §5.1.25, §5.1.26 and §11.
import {
  byteLength,
  GiB,
  guestAddress,
  KiB,
  MiB,
  regionOffset,
  type MemoryRegion,
  type MemoryRegions,
} from "backplane";
import type { PciConfigSpace } from "backplane/plugins/pci/contract";
import { ESMRAM, MCH_REG, SMRAM, SMRAM_WRITABLE_LOCKED } from "./registers.ts";

const LOW = { start: 0xa0000, length: 0x20000 } as const;
const HIGH_START = 0xfeda0000;
/** The default SMRAM of processors, which firmware may lock. */
const SMBASE = { start: 0x30000, length: 128 * KiB } as const;
const SMBASE_QUERY = 0xff;
const SMBASE_AVAILABLE = 0x01;
const SMBASE_LOCKED = 0x02;
const EXTENDED_TSEG_QUERY = 0xffff;

interface Sources {
  readonly ram: MemoryRegion;
  readonly pci: MemoryRegion;
  readonly system: MemoryRegion;
  readonly lowRamEnd: number;
  /** What the largest size code of TSEG stands for. */
  readonly tsegMegabytes: number;
}

/** What processors outside of SMM find in place of SMRAM. */
const BLACK_HOLE = {
  read: () => 0xffffffff,
  write: () => undefined,
  valid: { min: 1, max: 4 },
  impl: { min: 4, max: 4 },
} as const;

/** Where SMRAM is visible: to everybody while it is open, else to processors in SMM only (through `smram`). */
export class SystemManagementRam {
  readonly smram: MemoryRegion;
  readonly #config: PciConfigSpace;
  readonly #sources: Sources;
  readonly #hidden: MemoryRegion;
  readonly #openHigh: MemoryRegion;
  readonly #low: MemoryRegion;
  readonly #high: MemoryRegion;
  readonly #tsegHole: MemoryRegion;
  readonly #tseg: MemoryRegion;
  readonly #smbaseHole: MemoryRegion;
  readonly #smbase: MemoryRegion;

  constructor(regions: MemoryRegions, config: PciConfigSpace, sources: Sources) {
    const { ram, pci, system, lowRamEnd } = sources;
    this.#config = config;
    this.#sources = sources;
    const low = (name: string, target: MemoryRegion): MemoryRegion =>
      regions.alias(name, target, regionOffset(LOW.start), byteLength(LOW.length));
    const place = (
      parent: MemoryRegion,
      address: number,
      region: MemoryRegion,
      priority: number,
      enabled: boolean,
    ): MemoryRegion => {
      region.setEnabled(enabled);
      parent.addSubregion(guestAddress(address), region, priority);
      return region;
    };
    this.#hidden = place(system, LOW.start, low("smram-region", pci), 1, true);
    this.#openHigh = place(system, HIGH_START, low("smram-open-high", ram), 1, false);
    this.smram = regions.container("smram", byteLength(4 * GiB));
    this.#low = place(this.smram, LOW.start, low("smram-low", ram), 0, true);
    this.#high = place(this.smram, HIGH_START, low("smram-high", ram), 0, true);
    this.#tsegHole = place(system, lowRamEnd, regions.io("tseg-blackhole", byteLength(0), BLACK_HOLE), 1, false);
    const tseg = regions.alias("tseg-window", ram, regionOffset(lowRamEnd), byteLength(0));
    this.#tseg = place(this.smram, lowRamEnd, tseg, 0, false);
    this.#smbaseHole = place(
      system,
      SMBASE.start,
      regions.io("smbase-blackhole", byteLength(SMBASE.length), BLACK_HOLE),
      1,
      false,
    );
    const smbase = regions.alias("smbase-window", ram, regionOffset(SMBASE.start), byteLength(SMBASE.length));
    this.#smbase = place(this.smram, SMBASE.start, smbase, 0, false);
  }

  /** After SMRAM or ESMRAMC was written or reset. */
  apply(): void {
    const config = this.#config;
    if ((config.get8(MCH_REG.smram) & SMRAM.locked) !== 0) {
      config.set8(MCH_REG.smram, config.get8(MCH_REG.smram) & ~SMRAM.open);
      config.setWritable(MCH_REG.smram, 1, SMRAM_WRITABLE_LOCKED);
      config.setWritable(MCH_REG.extendedSmram, 1, 0);
    }
    const control = config.get8(MCH_REG.smram);
    const isOpen = (control & SMRAM.open) !== 0;
    const isEnabled = (control & SMRAM.enable) !== 0;
    const isHigh = (config.get8(MCH_REG.extendedSmram) & ESMRAM.high) !== 0;
    this.#hidden.setEnabled(!isOpen || isHigh);
    this.#openHigh.setEnabled(isOpen && isHigh);
    this.#low.setEnabled(isEnabled && !isHigh);
    this.#high.setEnabled(isEnabled && isHigh);
    this.#placeTseg(isEnabled ? this.#tsegSize() : 0);
  }

  /** Firmware asks by writing ones; the answer is the size in MiB. */
  answerTsegQuery(): void {
    const { tsegMegabytes } = this.#sources;
    if (tsegMegabytes > 0 && this.#config.get16(MCH_REG.extendedTseg) === EXTENDED_TSEG_QUERY) {
      this.#config.set16(MCH_REG.extendedTseg, tsegMegabytes);
    }
  }

  resetTsegQuery(): void {
    if (this.#sources.tsegMegabytes > 0) this.#config.set16(MCH_REG.extendedTseg, EXTENDED_TSEG_QUERY);
  }

  resetSmbase(): void {
    this.#config.set8(MCH_REG.smbaseLock, 0);
    this.#config.setWritable(MCH_REG.smbaseLock, 1, 0xff);
  }

  /** Firmware asks by writing ones, then may lock; anything else before the question is discarded. */
  applySmbase(): void {
    const config = this.#config;
    if (config.get8(MCH_REG.smbaseLock) === SMBASE_QUERY) {
      config.setWritable(MCH_REG.smbaseLock, 1, SMBASE_LOCKED);
      config.set8(MCH_REG.smbaseLock, SMBASE_AVAILABLE);
      return;
    }
    if (config.writable(MCH_REG.smbaseLock, 1) === 0xff) config.set8(MCH_REG.smbaseLock, 0);
    const isLocked = (config.get8(MCH_REG.smbaseLock) & SMBASE_LOCKED) !== 0;
    if (isLocked) {
      config.setWritable(MCH_REG.smbaseLock, 1, config.writable(MCH_REG.smbaseLock, 1) & ~SMBASE_LOCKED);
      config.set8(MCH_REG.smbaseLock, SMBASE_LOCKED);
    }
    this.#smbaseHole.setEnabled(isLocked);
    this.#smbase.setEnabled(isLocked);
  }

  /** As a migration has brought it: the question was asked where there is an answer. */
  resumeSmbase(): void {
    const config = this.#config;
    const wasAsked = config.get8(MCH_REG.smbaseLock) !== 0;
    config.setWritable(MCH_REG.smbaseLock, 1, wasAsked ? SMBASE_LOCKED : 0xff);
    this.applySmbase();
  }

  #tsegSize(): number {
    const control = this.#config.get8(MCH_REG.extendedSmram);
    if ((control & ESMRAM.tsegEnable) === 0) return 0;
    const megabytes = [1, 2, 8, this.#sources.tsegMegabytes][(control & ESMRAM.tsegSize) >> 1] ?? 0;
    return megabytes * MiB;
  }

  /** At the end of low memory; where that is smaller, there is no more to hide. */
  #placeTseg(wanted: number): void {
    const size = Math.min(wanted, this.#sources.lowRamEnd);
    const start = this.#sources.lowRamEnd - size;
    for (const region of [this.#tsegHole, this.#tseg]) {
      region.setEnabled(size > 0);
      region.setSize(byteLength(size));
      region.setAddress(guestAddress(start));
    }
    this.#tseg.setAliasOffset(regionOffset(start));
  }
}
