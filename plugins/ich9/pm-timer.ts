// The power management timer: ACPI 6.5 §4.8.3.3. 24 bits at 3.58 MHz; its top bit's changes set a status bit.
import type { Clock, ClockTimer, VirtualTime } from "backplane";

const FREQUENCY = 3_579_545;
const SECOND_NS = 1e9;
const MASK = 0xffffff;
const HALF = 0x800000;

export class PmTimer {
  readonly #clock: Clock;
  readonly #timer: ClockTimer;
  /** The tick from which on the status is set. */
  #overflow = 0;

  constructor(clock: Clock, overflowed: () => void) {
    this.#clock = clock;
    this.#timer = clock.timer(overflowed, "interrupts");
  }

  dispose(): void {
    void this.#timer.dispose();
  }

  /** As after power-on the status is set at once. */
  reset(): void {
    this.#overflow = 0;
    this.#timer.cancel();
  }

  /** The tick of the overflow, and when it is waited for; -1: it is not. */
  captureState(): { overflow: bigint; deadline: bigint } {
    return { overflow: BigInt(this.#overflow), deadline: BigInt(this.#timer.deadline ?? -1) };
  }

  restoreState({ overflow }: { readonly overflow: bigint }): void {
    this.#overflow = Number(overflow);
  }

  get count(): number {
    return this.#ticks % (MASK + 1);
  }

  get hasOverflowed(): boolean {
    return this.#clock.now >= this.#overflowAt;
  }

  /** The system has seen it: the next change counts. */
  acknowledge(): void {
    const next = this.#ticks + HALF;
    this.#overflow = next - (next % HALF);
  }

  watch(): void {
    this.#timer.arm(this.#overflowAt as VirtualTime);
  }

  ignore(): void {
    this.#timer.cancel();
  }

  get #ticks(): number {
    const { now } = this.#clock;
    // By seconds and what is left, so that nothing is rounded.
    return Math.floor(now / SECOND_NS) * FREQUENCY + Math.floor(((now % SECOND_NS) * FREQUENCY) / SECOND_NS);
  }

  get #overflowAt(): number {
    const ticks = this.#overflow;
    return Math.floor(ticks / FREQUENCY) * SECOND_NS + Math.floor(((ticks % FREQUENCY) * SECOND_NS) / FREQUENCY);
  }
}
