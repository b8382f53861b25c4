// PCI interrupts of the chipset: ICH9 datasheet (316972) §13.1.17 and §5.8.7. PIRQA to PIRQH reach I/O APIC inputs 16 to
// 23 directly, and an ISA interrupt as well where PIRQx_ROUT routes them.
import type { SystemInterrupts } from "backplane/plugins/apic/contract";
import type { PciFunction, PciInterruptRouter } from "backplane/plugins/pci/contract";
import type { ChipsetConfiguration } from "./chipset-configuration.ts";
import { LPC_REG, PIRQ } from "./registers.ts";

const ISA_INTERRUPTS = 16;

export class PirqRouter implements PciInterruptRouter {
  readonly lines = PIRQ.count;
  readonly #lpc: PciFunction;
  readonly #chipset: ChipsetConfiguration;
  readonly #interrupts: SystemInterrupts;
  #sci: { readonly line: number; readonly level: boolean } = { line: 9, level: false };

  constructor(lpc: PciFunction, chipset: ChipsetConfiguration, interrupts: SystemInterrupts) {
    this.#lpc = lpc;
    this.#chipset = chipset;
    this.#interrupts = interrupts;
  }

  lineOf(source: PciFunction, pin: number): number {
    return this.#chipset.pirqOf(source.slot, pin);
  }

  set(): void {
    this.refresh();
  }

  setSci(line: number, level: boolean): void {
    this.#sci = { line, level };
    this.refresh();
  }

  /** Levels of all lines that PCI or the SCI may drive. */
  refresh(): void {
    const { root } = this.#lpc.bus;
    const levels = new Map<number, boolean>();
    const drive = (line: number, level: boolean): void => void levels.set(line, level || levels.get(line) === true);
    for (let pirq = 0; pirq < PIRQ.count; pirq++) {
      const level = root.lineLevel(pirq);
      drive(ISA_INTERRUPTS + pirq, level);
      const route = this.#lpc.config.get8(pirq < 4 ? LPC_REG.pirqA + pirq : LPC_REG.pirqE + pirq - 4);
      if ((route & PIRQ.disabled) === 0) drive(route & PIRQ.interruptMask, level);
    }
    drive(this.#sci.line, this.#sci.level);
    for (const line of this.#driven) if (!levels.has(line)) this.#interrupts.line(line).set(false);
    for (const [line, level] of levels) this.#interrupts.line(line).set(level);
    this.#driven = new Set(levels.keys());
  }

  #driven: ReadonlySet<number> = new Set();
}
