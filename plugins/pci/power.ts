// Power states of a function: PCI Bus Power Management Interface Specification 1.2 §3.2.3 (PMC) and §3.2.4 (PMCSR).
import type { ConfigSpace } from "./config-space.ts";

export const POWER_LENGTH = 8;
const CAPABILITIES = 2;
const CONTROL = 4;
const STATE = 0x3;
const STATUS = 0x8000;
const SUPPORTS = { 1: 0x200, 2: 0x400 } as const;

export class PowerManagement {
  readonly #config: ConfigSpace;
  readonly #at: number;
  #state = 0;

  constructor(config: ConfigSpace, at: number, capabilities: number, writable: number) {
    this.#config = config;
    this.#at = at;
    config.set16(at + CAPABILITIES, capabilities);
    config.setWritable(at + CONTROL, 2, STATE | writable);
    config.setClearable(at + CONTROL, 2, STATUS);
  }

  get isOn(): boolean {
    return this.#state === 0;
  }

  /** After the guest wrote the control register: states that are not there, and steps up other than to D0, are refused. */
  written(): void {
    const control = this.#config.get16(this.#at + CONTROL);
    const state = control & STATE;
    const capabilities = this.#config.get16(this.#at + CAPABILITIES);
    const isMissing = (state === 1 || state === 2) && (capabilities & SUPPORTS[state]) === 0;
    if (isMissing || (state !== 0 && state < this.#state)) {
      this.#config.set16(this.#at + CONTROL, (control & ~STATE) | this.#state);
      return;
    }
    this.#state = state;
  }

  reset(): void {
    this.#state = 0;
    this.#config.set16(this.#at + CONTROL, this.#config.get16(this.#at + CONTROL) & ~STATE);
  }
}
