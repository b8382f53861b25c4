import type { Clock, ClockTimer, VirtualTime } from "backplane";

/** What a migration carries of a timer; all ones where it is not armed. */
export interface DelayTimerState {
  deadline: bigint;
  isRunning: boolean;
}

/** A timer whose delay a register says, in steps of `resolution` nanoseconds. */
export class DelayTimer {
  readonly #clock: Clock;
  readonly #timer: ClockTimer;
  readonly #registers: Uint32Array;
  readonly #register: number;
  readonly #resolution: number;
  readonly #fired: () => void;

  constructor(clock: Clock, registers: Uint32Array, register: number, resolution: number, fired: () => void) {
    this.#clock = clock;
    this.#registers = registers;
    this.#register = register;
    this.#resolution = resolution;
    this.#fired = fired;
    this.#timer = clock.timer(fired, "interrupts");
  }

  get isRunning(): boolean {
    return this.#timer.deadline !== undefined;
  }

  get delay(): number {
    return this.#registers[this.#register] ?? 0;
  }

  start(): void {
    this.#timer.arm((this.#clock.now + this.delay * this.#resolution) as VirtualTime);
  }

  stop(): void {
    this.#timer.cancel();
  }

  captureState(): DelayTimerState {
    const { deadline } = this.#timer;
    return { deadline: deadline === undefined ? -1n : BigInt(Math.floor(deadline)), isRunning: this.isRunning };
  }

  /** One that runs begins anew, with what its register says. */
  restoreState({ isRunning }: DelayTimerState): void {
    if (isRunning) this.start();
    else this.stop();
  }

  /** As if its time had come, if it runs. */
  hurry(): void {
    if (!this.isRunning) return;
    this.#timer.cancel();
    this.#fired();
  }
}
