// What the clock shows when the machine starts: `-rtc base=`.
import { isaErrors } from "./errors.ts";
import { secondsOf } from "./rtc-time.ts";

const MS_PER_SECOND = 1000;
const SECONDS_PER_MINUTE = 60;
const NS_PER_SECOND = 1e9;

export interface RtcBase {
  /** Seconds since 1970. */
  readonly seconds: number;
  /** What a clock that nobody has set shows, `elapsed` nanoseconds after the machine was made. */
  reference(elapsed: number): number;
}

function hostSeconds(): number {
  return Math.floor(Date.now() / MS_PER_SECOND);
}

/** The wall clock of where the host is, as if it were that of Greenwich. */
function localSeconds(): number {
  return hostSeconds() - new Date().getTimezoneOffset() * SECONDS_PER_MINUTE;
}

/** Throws `RTC_BASE`. */
export function baseOf(base: string): RtcBase {
  if (base === "utc") return { seconds: hostSeconds(), reference: hostSeconds };
  if (base === "localtime") return { seconds: localSeconds(), reference: localSeconds };
  const found = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:T(\d{1,2}):(\d{1,2}):(\d{1,2}))?$/.exec(base);
  if (found === null) throw isaErrors.RTC_BASE(base);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1)
    .map((text) => Number(text ?? 0));
  const seconds = secondsOf({ year, month, day, hour, minute, second });
  return { seconds, reference: (elapsed) => seconds + Math.floor(elapsed / NS_PER_SECOND) };
}
