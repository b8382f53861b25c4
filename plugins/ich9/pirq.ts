// PCI interrupts of the chipset: ICH9 datasheet (316972) §13.1.17 and §5.8.7. PIRQA to PIRQH reach I/O APIC inputs 16 to
// 23 directly, and an ISA interrupt as well where PIRQx_ROUT routes them.
import type { IrqLine } from "backplane";
import type { PciFunction, PciInterruptRouter } from "backplane/plugins/pci/contract";
import type { ChipsetConfiguration } from "./chipset-configuration.ts";
import { LPC_REG, PIRQ } from "./registers.ts";

const ISA_INTERRUPTS = 16;

export class PirqRouter implements PciInterruptRouter {
  readonly lines = PIRQ.count;
  readonly #lpc: PciFunction;
  readonly #chipset: ChipsetConfiguration;
  /** The bridge's outputs, 0 to 23. */
  readonly #outputs: readonly IrqLine[];
  #sciLine = 9;
  #sciLevel = false;

  constructor(lpc: PciFunction, chipset: ChipsetConfiguration, outputs: readonly IrqLine[]) {
    this.#lpc = lpc;
    this.#chipset = chipset;
    this.#outputs = outputs;
  }

  lineOf(source: PciFunction, pin: number): number {
    return this.#chipset.pirqOf(source.slot, pin);
  }

  set(pirq: number): void {
    this.#drive(ISA_INTERRUPTS + pirq);
    // As in the peer the interrupt that a disabled route names is driven, too: by those that are routed to it.
    this.#drive(this.#routeOf(pirq) & PIRQ.interruptMask);
  }

  setSci(line: number, level: boolean): void {
    this.#sciLine = line;
    this.#sciLevel = level;
    this.#drive(line);
  }

  /** A reset lets go of the line without anybody being told; the controllers are reset as well. */
  resetSci(): void {
    this.#sciLevel = false;
  }

  /** A line's level is that of all who share it. */
  #drive(line: number): void {
    let level = line === this.#sciLine && this.#sciLevel;
    const { root } = this.#lpc.bus;
    if (line >= ISA_INTERRUPTS) level ||= root.lineLevel(line - ISA_INTERRUPTS);
    else {
      for (let pirq = 0; pirq < PIRQ.count; pirq++) {
        const route = this.#routeOf(pirq);
        if ((route & PIRQ.disabled) === 0 && (route & PIRQ.interruptMask) === line) level ||= root.lineLevel(pirq);
      }
    }
    this.#outputs[line]?.set(level);
  }

  #routeOf(pirq: number): number {
    return this.#lpc.config.get8(pirq < 4 ? LPC_REG.pirqA + pirq : LPC_REG.pirqE + pirq - 4);
  }
}
