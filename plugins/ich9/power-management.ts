// ACPI fixed hardware: ACPI 6.5 §4.8.3 (PM1, timer) and §4.8.4 (GPE0); ICH9 datasheet (316972) §13.8.3.
import {
  byteLength,
  guestAddress,
  Registry,
  type Clock,
  type IrqLine,
  type Logger,
  type MemoryRegion,
  type MemoryRegions,
} from "backplane";
import { GPE0_LENGTH, PM_IO, PMBASE } from "./registers.ts";

const PM1 = {
  timer: 0x0001,
  busMaster: 0x0010,
  global: 0x0020,
  powerButton: 0x0100,
  rtc: 0x0400,
  wake: 0x8000,
} as const;
/** What raises the SCI. */
const PM1_EVENTS = PM1.timer | PM1.global | PM1.powerButton | PM1.rtc;
const CONTROL = { sciEnable: 0x0001, sleepType: 0x1c00, sleepEnable: 0x2000 } as const;
const TIMER_FREQUENCY = 3579545;
const TIMER_MASK = 0xffffff;
/** Half of the counter's period: the timer's status is set whenever the top bit changes (§4.8.3.3). */
const TIMER_HALF = 0x800000;
const HALF_GPE = GPE0_LENGTH / 2;

export interface PowerManagementOptions {
  readonly sci: IrqLine;
  /** Without system management mode nobody answers at the SMI port, so ACPI is on from the start. */
  readonly acpiOnly: boolean;
}

/** The blocks at PMBASE that are not SMI or TCO. */
export class PowerManagement {
  /** The container at PMBASE: `ich9-pm`. */
  readonly region: MemoryRegion;
  readonly sleeps = new Registry<(type: number) => void>();
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #options: PowerManagementOptions;
  readonly #gpeStatus = new Uint8Array(HALF_GPE);
  readonly #gpeEnable = new Uint8Array(HALF_GPE);
  #status = 0;
  #enable = 0;
  #control = 0;
  /** Timer ticks at which the status was last cleared. */
  #timerSeen = 0;

  constructor(regions: MemoryRegions, clock: Clock, log: Logger, options: PowerManagementOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#options = options;
    this.region = regions.container("ich9-pm", byteLength(PMBASE.length));
    this.region.setEnabled(false);
    const add = (offset: number, region: MemoryRegion): void => this.region.addSubregion(guestAddress(offset), region);
    const impl16 = { min: 2, max: 2 } as const;
    add(
      PM_IO.event,
      regions.io("acpi-evt", byteLength(4), {
        impl: impl16,
        valid: { min: 1, max: 2 },
        read: (offset) => (offset === 0 ? this.#currentStatus : this.#enable),
        write: (offset, value) => this.#writeEvent(offset, value),
      }),
    );
    add(
      PM_IO.control,
      regions.io("acpi-cnt", byteLength(2), {
        impl: impl16,
        valid: { min: 1, max: 2 },
        read: () => this.#control,
        write: (_offset, value) => this.#writeControl(value),
      }),
    );
    add(
      PM_IO.timer,
      regions.io("acpi-tmr", byteLength(4), {
        valid: { min: 4, max: 4 },
        read: () => this.#ticks & TIMER_MASK,
        write: () => undefined,
      }),
    );
    add(
      PM_IO.gpe0,
      regions.io("acpi-gpe0", byteLength(GPE0_LENGTH), {
        impl: { min: 1, max: 1 },
        valid: { min: 1, max: 4 },
        read: (offset) => (offset < HALF_GPE ? this.#gpeStatus[offset] : this.#gpeEnable[offset - HALF_GPE]) ?? 0,
        write: (offset, value) => this.#writeGpe(offset, value),
      }),
    );
  }

  reset(): void {
    this.#status = 0;
    this.#enable = 0;
    this.#control = this.#options.acpiOnly ? CONTROL.sciEnable : 0;
    this.#timerSeen = this.#ticks;
    this.#gpeStatus.fill(0);
    this.#gpeEnable.fill(0);
    this.#updateSci();
  }

  /** What the SMI handler does for the commands "ACPI enable" and "ACPI disable" (§16.2.2, FADT SMI_CMD). */
  setAcpiMode(enabled: boolean): void {
    this.#control = enabled ? this.#control | CONTROL.sciEnable : this.#control & ~CONTROL.sciEnable;
  }

  raiseEvent(gpe: number): void {
    const at = gpe >> 3;
    this.#gpeStatus[at] = (this.#gpeStatus[at] ?? 0) | (1 << (gpe & 7));
    this.#updateSci();
  }

  pressPowerButton(): void {
    this.#status |= PM1.powerButton;
    this.#updateSci();
  }

  get #ticks(): number {
    return Math.floor((this.#clock.now * TIMER_FREQUENCY) / 1e9);
  }

  get #currentStatus(): number {
    const crossed = Math.floor(this.#ticks / TIMER_HALF) > Math.floor(this.#timerSeen / TIMER_HALF);
    return crossed ? this.#status | PM1.timer : this.#status;
  }

  #writeEvent(offset: number, value: number): void {
    if (offset === 0) {
      if ((value & PM1.timer) !== 0) this.#timerSeen = this.#ticks;
      this.#status &= ~value;
    } else this.#enable = value & 0xffff;
    this.#updateSci();
  }

  #writeControl(value: number): void {
    this.#control = value & ~CONTROL.sleepEnable & 0xffff;
    if ((value & CONTROL.sleepEnable) === 0) return;
    const type = (value & CONTROL.sleepType) >> 10;
    this.#log.info("the guest asks for a sleep state", { type });
    for (const listener of this.sleeps) listener(type);
  }

  #writeGpe(offset: number, value: number): void {
    if (offset < HALF_GPE) this.#gpeStatus[offset] = (this.#gpeStatus[offset] ?? 0) & ~value;
    else this.#gpeEnable[offset - HALF_GPE] = value;
    this.#updateSci();
  }

  #updateSci(): void {
    const fixed = (this.#currentStatus & this.#enable & PM1_EVENTS) !== 0;
    const general = this.#gpeStatus.some((status, index) => (status & (this.#gpeEnable[index] ?? 0)) !== 0);
    this.#options.sci.set(fixed || general);
  }
}
