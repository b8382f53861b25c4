// ACPI fixed hardware: ACPI 6.5 §4.8.3 (PM1, timer) and §4.8.4 (GPE0); ICH9 datasheet (316972) §13.8.3.
import {
  byteLength,
  guestAddress,
  Registry,
  type Clock,
  type Disposable,
  type IrqLine,
  type Logger,
  type MemoryRegion,
  type MemoryRegions,
  type Power,
  type WakeupReason,
} from "backplane";
import { PmTimer } from "./pm-timer.ts";
import { GPE0_LENGTH, PM_IO, PMBASE } from "./registers.ts";

const PM1 = {
  timer: 0x0001,
  global: 0x0020,
  powerButton: 0x0100,
  rtc: 0x0400,
  wake: 0x8000,
} as const;
/** What raises the SCI. */
const PM1_EVENTS = PM1.timer | PM1.global | PM1.powerButton | PM1.rtc;
/** What stands in the status of a machine that was woken. */
const WOKEN_BY: { readonly [R in WakeupReason]: number } = {
  rtc: PM1.wake | PM1.rtc,
  "pm-timer": PM1.wake | PM1.timer,
  // For want of anything better the host's user has pressed the power button.
  other: PM1.wake | PM1.powerButton,
};
const CONTROL = { sciEnable: 0x0001, sleepType: 0x1c00, sleepEnable: 0x2000 } as const;
const HALF_GPE = GPE0_LENGTH / 2;

/** What a migration carries. */
export interface PowerManagementState {
  status: number;
  enable: number;
  control: number;
  timer: bigint;
  overflow: bigint;
  /** As long as the peer's: the upper halves are empty. */
  readonly gpeStatus: Uint8Array;
  readonly gpeEnable: Uint8Array;
}

export interface PowerManagementOptions {
  readonly sci: IrqLine;
  /** Without system management mode nobody answers at the SMI port, so ACPI is on from the start. */
  readonly acpiOnly: boolean;
  readonly power: Power;
}

/** The blocks at PMBASE that are not SMI or TCO. */
export class PowerManagement implements Disposable {
  /** The container at PMBASE: `ich9-pm`. */
  readonly region: MemoryRegion;
  readonly sleeps = new Registry<(type: number) => void>();
  readonly #timer: PmTimer;
  readonly #log: Logger;
  readonly #options: PowerManagementOptions;
  readonly #gpeStatus = new Uint8Array(HALF_GPE);
  readonly #gpeEnable = new Uint8Array(HALF_GPE);
  #status = 0;
  #enable = 0;
  #control = 0;

  constructor(regions: MemoryRegions, clock: Clock, log: Logger, options: PowerManagementOptions) {
    this.#log = log;
    this.#options = options;
    this.#timer = new PmTimer(clock, () => {
      options.power.wake("pm-timer");
      this.#updateSci();
    });
    this.region = regions.container("ich9-pm", byteLength(PMBASE.length));
    this.region.setEnabled(false);
    const add = (offset: number, region: MemoryRegion): void => this.region.addSubregion(guestAddress(offset), region);
    const impl16 = { min: 2, max: 4 } as const;
    add(
      PM_IO.timer,
      regions.io("acpi-tmr", byteLength(4), {
        impl: { min: 4, max: 4 },
        valid: { min: 1, max: 4 },
        read: () => this.#timer.count,
        write: () => undefined,
      }),
    );
    add(
      PM_IO.event,
      regions.io("acpi-evt", byteLength(4), {
        impl: impl16,
        valid: { min: 1, max: 2 },
        read: (offset) => (offset === 0 ? this.#currentStatus : offset === 2 ? this.#enable : 0),
        write: (offset, value) => this.#writeEvent(offset, value),
      }),
    );
    add(
      PM_IO.control,
      regions.io("acpi-cnt", byteLength(2), {
        impl: impl16,
        valid: { min: 1, max: 2 },
        read: (offset) => this.#control >> (8 * offset),
        write: (offset, value) => this.#writeControl(offset === 1 ? (value << 8) | (this.#control & 0xff) : value),
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

  dispose(): void {
    this.#timer.dispose();
  }

  reset(): void {
    this.#status = 0;
    this.#setEnable(0);
    this.#control = this.#options.acpiOnly ? CONTROL.sciEnable : 0;
    this.#timer.reset();
    this.#gpeStatus.fill(0);
    this.#gpeEnable.fill(0);
    this.#updateSci();
  }

  captureState(): PowerManagementState {
    const { overflow, deadline } = this.#timer.captureState();
    const wide = (half: Uint8Array): Uint8Array => {
      const bytes = new Uint8Array(GPE0_LENGTH);
      bytes.set(half);
      return bytes;
    };
    return {
      status: this.#status,
      enable: this.#enable,
      control: this.#control,
      timer: deadline,
      overflow,
      gpeStatus: wide(this.#gpeStatus),
      gpeEnable: wide(this.#gpeEnable),
    };
  }

  /** The interrupt follows. */
  restoreState(state: PowerManagementState): void {
    this.#status = state.status;
    this.#control = state.control;
    this.#timer.restoreState(state);
    this.#gpeStatus.set(state.gpeStatus.subarray(0, HALF_GPE));
    this.#gpeEnable.set(state.gpeEnable.subarray(0, HALF_GPE));
    this.#setEnable(state.enable);
    this.#updateSci();
  }

  /** What the SMI handler does for the commands "ACPI enable" and "ACPI disable" (§16.2.2, FADT SMI_CMD). */
  setAcpiMode(enabled: boolean): void {
    if (this.#options.acpiOnly) return;
    this.#control = enabled ? this.#control | CONTROL.sciEnable : this.#control & ~CONTROL.sciEnable;
  }

  raiseEvent(gpe: number): void {
    const at = gpe >> 3;
    this.#gpeStatus[at] = (this.#gpeStatus[at] ?? 0) | (1 << (gpe & 7));
    this.#updateSci();
  }

  /** A system that has not enabled the button does not hear of it. */
  pressPowerButton(): void {
    if ((this.#enable & PM1.powerButton) === 0) return;
    this.#status |= PM1.powerButton;
    this.#updateSci();
  }

  /** After the reset that goes with waking (ACPI 6.5 §16.3). */
  woken(reason: WakeupReason): void {
    this.#status |= WOKEN_BY[reason];
  }

  get #currentStatus(): number {
    if (this.#timer.hasOverflowed) this.#status |= PM1.timer;
    return this.#status;
  }

  #setEnable(value: number): void {
    this.#enable = value & 0xffff;
    this.#options.power.enableWake("rtc", (value & PM1.rtc) !== 0);
    this.#options.power.enableWake("pm-timer", (value & PM1.timer) !== 0);
  }

  #writeEvent(offset: number, value: number): void {
    if (offset === 0) {
      if ((this.#currentStatus & value & PM1.timer) !== 0) this.#timer.acknowledge();
      this.#status &= ~value;
    } else if (offset === 2) this.#setEnable(value);
    else return;
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
    const status = this.#currentStatus;
    const fixed = (status & this.#enable & PM1_EVENTS) !== 0;
    // Only the first eight events have handlers, and reach the line.
    const general = ((this.#gpeStatus[0] ?? 0) & (this.#gpeEnable[0] ?? 0)) !== 0;
    this.#options.sci.set(fixed || general);
    if ((this.#enable & PM1.timer) !== 0 && (status & PM1.timer) === 0) this.#timer.watch();
    else this.#timer.ignore();
  }
}
