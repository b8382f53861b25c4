// Interrupt pins: PCI Local Bus Specification 3.0 §2.2.6; behind bridges: PCI-to-PCI Bridge Architecture 1.2 §9.1.
import type { PciFunction, PciInterruptRouter } from "./contract.ts";
import { pciErrors } from "./errors.ts";

const PINS = 4;

/** The lines of one root bus: each is the wired OR of the pins that lead to it. */
export class InterruptLines {
  readonly #bus: string;
  #router: PciInterruptRouter | undefined;
  readonly #asserted: number[] = [];
  /** Where a pin that is asserted now was counted: a change of routing must not leave a line stuck. */
  readonly #counted = new Map<PciFunction, number>();

  constructor(bus: string) {
    this.#bus = bus;
  }

  route(router: PciInterruptRouter): void {
    if (this.#router !== undefined) throw pciErrors.PCI_ROUTER_TWICE(this.#bus);
    this.#router = router;
    this.#asserted.push(...Array.from({ length: router.lines }, () => 0));
  }

  level(line: number): boolean {
    return (this.#asserted[line] ?? 0) > 0;
  }

  /** For how many pins each line is high. */
  get counts(): readonly number[] {
    return this.#asserted;
  }

  /** `pin` is 0 for INTA. */
  drive(source: PciFunction, pin: number, level: boolean): void {
    const router = this.#router;
    if (router === undefined) return;
    const line = this.#count(router, source, pin, level);
    if (line !== undefined) router.set(line, this.level(line));
  }

  /** The pin has this level, and has had it: nobody is told. */
  adopt(source: PciFunction, pin: number, level: boolean): void {
    if (this.#router !== undefined) this.#count(this.#router, source, pin, level);
  }

  /** The line whose level may have changed; undefined when the pin was like that already. */
  #count(router: PciInterruptRouter, source: PciFunction, pin: number, level: boolean): number | undefined {
    const counted = this.#counted.get(source);
    if (level === (counted !== undefined)) return undefined;
    const line = counted ?? this.#lineOf(router, source, pin);
    if (level) this.#counted.set(source, line);
    else this.#counted.delete(source);
    this.#asserted[line] = (this.#asserted[line] ?? 0) + (level ? 1 : -1);
    return line;
  }

  #lineOf(router: PciInterruptRouter, source: PciFunction, pin: number): number {
    let [at, atPin] = [source, pin];
    for (let { bridge } = at.bus; bridge !== undefined; { bridge } = at.bus) {
      atPin = (at.slot + atPin) % PINS;
      at = bridge;
    }
    return router.lineOf(at, atPin);
  }
}

/** One function's pin: its level, whether the command register lets it out, and the status bit. */
export class InterruptPin {
  readonly #changed: () => void;
  #level = false;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get level(): boolean {
    return this.#level;
  }

  /** As a migration has brought it. */
  adopt(level: boolean): void {
    this.#level = level;
  }

  set(level: boolean): void {
    if (this.#level === level) return;
    this.#level = level;
    this.#changed();
  }
}
