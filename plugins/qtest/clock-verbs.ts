import type { Clock } from "backplane";
import { INVALID, type Verb } from "./answers.ts";

/** Virtual time is exact up to here. */
const LATEST = 2 ** 53;
const NO_DEADLINE = "FAIL cannot advance clock to the next deadline because there is no pending deadline";

/** The client moves time, where nobody else does. */
export function clockVerbs(clock: Clock): ReadonlyMap<string, Verb> {
  if (clock.source !== "client") return new Map();
  return new Map<string, Verb>([
    [
      "clock_step",
      (words) => {
        const before = clock.now;
        let step: number;
        if (words.isAtEnd) {
          const deadline = clock.nextDeadline;
          if (deadline === undefined) return NO_DEADLINE;
          step = Math.max(deadline - before, 0);
        } else {
          if (!words.read()) return INVALID;
          step = words.isNegative ? 0 : words.value;
        }
        if (step === 0 || before + step > LATEST) return "FAIL could not advance time";
        clock.advance(step);
        return `OK ${clock.now}`;
      },
    ],
    [
      "clock_set",
      (words) => {
        if (!words.read()) return INVALID;
        const wanted = words.isNegative ? 0 : words.value;
        if (wanted > clock.now && wanted <= LATEST) clock.advance(wanted - clock.now);
        return `${clock.now === wanted ? "OK" : "FAIL"} ${clock.now}`;
      },
    ],
  ]);
}
