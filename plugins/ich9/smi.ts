// System management interrupts: ICH9 datasheet (316972) §13.8.3.8 (SMI_EN, SMI_STS), §13.8.1 (GEN_PMCON) and §13.7 (APM
// ports). Two timers of their own: one runs once for SWSMI_TMR_EN, one periodically for PERIODIC_EN.
import {
  byteLength,
  Registry,
  type Clock,
  type ClockTimer,
  type Disposable,
  type MemoryRegion,
  type MemoryRegions,
  type VirtualTime,
} from "backplane";

const ENABLE = { apm: 1 << 5, software: 1 << 6, tco: 1 << 13, periodic: 1 << 14 } as const;
const GLOBAL = 0x1;
const MILLISECOND = 1e6;
const SECOND = 1e9;
/** The shortest time of the software timer. */
const SOFTWARE_SHORTEST = 1.5 * MILLISECOND;

export const APM_COMMAND = { acpiEnable: 2, acpiDisable: 3 } as const;

/** What a migration carries, the APM ports included. */
export interface SmiState {
  enable: number;
  status: number;
  command: number;
  apmStatus: number;
}

export interface SmiOptions {
  readonly smmEnabled: boolean;
  /** The timers are there: `x-smi-swsmi-timer`, `x-smi-periodic-timer`. */
  readonly softwareTimer: boolean;
  readonly periodicTimer: boolean;
  /** The watchdog's registers are locked, and TCO_EN with them. */
  tcoLocked(): boolean;
  /** GEN_PMCON_1 and GEN_PMCON_3, which say how long the timers run. */
  powerManagement(): { readonly first: number; readonly third: number };
  setAcpiMode(enabled: boolean): void;
}

export class SystemManagementInterrupts implements Disposable {
  /** `acpi-smi`, at PMBASE + 0x30. */
  readonly region: MemoryRegion;
  /** `apm-io`, ports 0xb2 and 0xb3. */
  readonly apm: MemoryRegion;
  readonly listeners = new Registry<(command: number) => void>();
  readonly #options: SmiOptions;
  readonly #clock: Clock;
  readonly #software: ClockTimer | undefined;
  readonly #periodic: ClockTimer | undefined;
  /** Status bits that the guest writes; they are those of the timers. */
  readonly #statusMask: number;
  #enable = 0;
  #status = 0;
  #writable = 0xffffffff;
  #command = 0;
  #apmStatus = 0;

  constructor(regions: MemoryRegions, clock: Clock, options: SmiOptions) {
    this.#options = options;
    this.#clock = clock;
    this.#software = options.softwareTimer ? clock.timer(() => this.#softwareExpired(), "interrupts") : undefined;
    this.#periodic = options.periodicTimer ? clock.timer(() => this.#periodicExpired(), "interrupts") : undefined;
    this.#statusMask = (options.softwareTimer ? ENABLE.software : 0) | (options.periodicTimer ? ENABLE.periodic : 0);
    this.region = regions.io("acpi-smi", byteLength(8), {
      valid: { min: 4, max: 4 },
      read: (offset) => (offset === 0 ? this.#enable : this.#status),
      write: (offset, value) => {
        if (offset === 0) this.#writeEnable(value);
        else this.#status = value & this.#statusMask;
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

  dispose(): void {
    void this.#software?.dispose();
    void this.#periodic?.dispose();
  }

  /** The APM ports and the status stay. */
  reset(): void {
    // A firmware that finds APM already enabled leaves system management mode alone.
    this.#enable = this.#options.smmEnabled ? 0 : ENABLE.apm;
    this.#writable = 0xffffffff;
  }

  captureState(): SmiState {
    return {
      enable: this.#enable,
      status: this.#status >>> 0,
      command: this.#command,
      apmStatus: this.#apmStatus,
    };
  }

  /** The timers are not carried: they start anew. */
  restoreState({ enable, status, command, apmStatus }: SmiState): void {
    this.#enable = enable;
    this.#status = status;
    this.#command = command;
    this.#apmStatus = apmStatus;
    this.restartTimers();
  }

  /** GEN_PMCON_1's lock bit: the global enable stays as it is until reset. */
  lock(): void {
    this.#writable = (this.#writable & ~GLOBAL) >>> 0;
  }

  /** The times of the timers, or whether they run, may have changed: they start anew. */
  restartTimers(): void {
    this.#restart(this.#software, ENABLE.software, this.#softwareTime);
    this.#restart(this.#periodic, ENABLE.periodic, this.#period);
  }

  /** The watchdog has run out. */
  tcoTimedOut(): void {
    if ((this.#enable & ENABLE.tco) !== 0) this.interrupt();
  }

  interrupt(): void {
    for (const listener of this.listeners) listener(this.#command);
  }

  #restart(timer: ClockTimer | undefined, enable: number, nanoseconds: number): void {
    if (timer === undefined) return;
    if ((this.#enable & enable) === 0) timer.cancel();
    else timer.arm((this.#clock.now + nanoseconds) as VirtualTime);
  }

  get #softwareTime(): number {
    const rate = (this.#options.powerManagement().third & 0xc0) >> 6;
    return rate === 0 ? SOFTWARE_SHORTEST : 8 * 2 ** rate * MILLISECOND;
  }

  get #period(): number {
    return 8 * 2 ** (3 - (this.#options.powerManagement().first & 3)) * SECOND;
  }

  #softwareExpired(): void {
    this.#status |= ENABLE.software;
    this.interrupt();
    this.#restart(this.#software, ENABLE.software, this.#softwareTime);
  }

  #periodicExpired(): void {
    // As in the peer the other status goes with it.
    this.#status = ENABLE.periodic;
    this.interrupt();
    this.#restart(this.#periodic, ENABLE.periodic, this.#period);
  }

  #writeEnable(value: number): void {
    const mask = this.#options.tcoLocked() ? this.#writable & ~ENABLE.tco : this.#writable;
    this.#enable = ((this.#enable & ~mask) | (value & mask)) >>> 0;
    this.restartTimers();
  }

  #writeCommand(value: number): void {
    this.#command = value;
    if (value === APM_COMMAND.acpiEnable || value === APM_COMMAND.acpiDisable) {
      this.#options.setAcpiMode(value === APM_COMMAND.acpiEnable);
      return;
    }
    if ((this.#enable & ENABLE.apm) !== 0) this.interrupt();
  }
}
