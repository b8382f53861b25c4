// A timer's deadline as migrations carry it: nanoseconds of the machine's time, all ones where it is not armed.
import type { ClockTimer, VirtualTime } from "backplane";

const NONE = -1n;

export function deadlineOf({ deadline }: ClockTimer): bigint {
  return deadline === undefined ? NONE : BigInt(Math.floor(deadline));
}

export function armAt(timer: ClockTimer, deadline: bigint): void {
  if (deadline < 0n) timer.cancel();
  else timer.arm(Number(deadline) as VirtualTime);
}
