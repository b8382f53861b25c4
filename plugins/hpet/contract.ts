/** The high precision event timers. */
import { token, type DeviceGpio } from "backplane";

export interface Hpet {
  /** Undefined when the machine has none (`-machine hpet=off`). */
  readonly block: { readonly base: number; readonly eventTimerBlockId: number } | undefined;
  /** Inputs 0 and 1 take what the interval timer and the clock drive, output 0 says whether the timer may. */
  readonly pins: DeviceGpio | undefined;
}

export const HPET = token<Hpet>("HPET");
