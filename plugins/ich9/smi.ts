// System management interrupts: ICH9 datasheet (316972) §13.8.3.8 (SMI_EN, SMI_STS) and §13.7 (APM ports).
import { byteLength, Registry, type MemoryRegion, type MemoryRegions } from "backplane";

const ENABLE = { apm: 1 << 5, tco: 1 << 13 } as const;
const GLOBAL = 0x1;
export const APM_COMMAND = { acpiEnable: 2, acpiDisable: 3 } as const;

export interface SmiOptions {
  readonly smmEnabled: boolean;
  /** The watchdog's registers are locked, and TCO_EN with them. */
  tcoLocked(): boolean;
  setAcpiMode(enabled: boolean): void;
}

export class SystemManagementInterrupts {
  /** `acpi-smi`, at PMBASE + 0x30. */
  readonly region: MemoryRegion;
  /** `apm-io`, ports 0xb2 and 0xb3. */
  readonly apm: MemoryRegion;
  readonly listeners = new Registry<(command: number) => void>();
  readonly #options: SmiOptions;
  #enable = 0;
  #writable = 0xffffffff;
  #command = 0;
  #apmStatus = 0;

  constructor(regions: MemoryRegions, options: SmiOptions) {
    this.#options = options;
    this.region = regions.io("acpi-smi", byteLength(8), {
      valid: { min: 4, max: 4 },
      // No source sets a status bit.
      read: (offset) => (offset === 0 ? this.#enable : 0),
      write: (offset, value) => {
        if (offset === 0) this.#writeEnable(value);
      },
    });
    this.apm = regions.io("apm-io", byteLength(2), {
      impl: { min: 1, max: 1 },
      read: (offset) => (offset === 0 ? this.#command : this.#apmStatus),
      write: (offset, value) => {
        if (offset === 1) this.#apmStatus = value;
        else this.#writeCommand(value);
      },
    });
  }

  reset(): void {
    // A firmware that finds APM already enabled leaves system management mode alone.
    this.#enable = this.#options.smmEnabled ? 0 : ENABLE.apm;
    this.#writable = 0xffffffff;
    this.#command = 0;
    this.#apmStatus = 0;
  }

  /** GEN_PMCON_1's lock bit: the global enable stays as it is until reset. */
  lock(): void {
    this.#writable = (this.#writable & ~GLOBAL) >>> 0;
  }

  #writeEnable(value: number): void {
    const mask = this.#options.tcoLocked() ? this.#writable & ~ENABLE.tco : this.#writable;
    this.#enable = ((this.#enable & ~mask) | (value & mask)) >>> 0;
  }

  #writeCommand(value: number): void {
    this.#command = value;
    if (value === APM_COMMAND.acpiEnable || value === APM_COMMAND.acpiDisable) {
      this.#options.setAcpiMode(value === APM_COMMAND.acpiEnable);
      return;
    }
    if ((this.#enable & ENABLE.apm) === 0) return;
    for (const listener of this.listeners) listener(value);
  }
}
