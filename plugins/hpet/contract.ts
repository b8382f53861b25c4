/** The high precision event timers. */
import { token } from "backplane";

export interface Hpet {
  /** Undefined when the machine has none (`-machine hpet=off`). */
  readonly block: { readonly base: number; readonly eventTimerBlockId: number } | undefined;
}

export const HPET = token<Hpet>("HPET");
