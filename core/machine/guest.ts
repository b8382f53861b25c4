import { token } from "../di/token.ts";

/** What a slice of guest time came to. */
export type GuestProgress =
  /** There is more to do now. */
  | "running"
  /** Nothing to do until an interrupt or a timer. */
  | "halted";

/** How far a guest is, as far as another machine can go on with it. */
export type GuestPosition =
  /** At the reset vector. */
  | "start"
  /** Somewhere in its code. */
  | "inside"
  /** Waiting for an interrupt, or for a reset. */
  | "halted";

/**
 * A guest runs in slices on the event loop's thread: monitors and migrations are served between two of them. It starts
 * at the first slice after a reset.
 */
export interface Guest {
  /** Runs for about `budget` nanoseconds of virtual time, moving the clock by what it used. Does not throw for what guest code does wrong. */
  run(budget: number): GuestProgress;
  /** It goes on from `halted` when an interrupt comes. Default false: nothing but a reset starts it again. */
  readonly takesInterrupts?: boolean;
  /** The linear address of the instruction that makes the present access, as far as a device could ask for it. */
  readonly executingAt?: number | undefined;
  readonly position: GuestPosition;
  /** The guest of another machine goes on here, with the memory and the devices that it had. */
  resumeAt(position: GuestPosition): void;
  /** Back to the reset vector. */
  reset(): void;
}

export const GUEST = token<Guest>("GUEST");
