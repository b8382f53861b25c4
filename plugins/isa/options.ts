import * as v from "valibot";
import { isaErrors } from "./errors.ts";

/** Where virtual time begins on the machine's clock, unless somebody says. Fixed, so that two runs are the same. */
export const DEFAULT_BASE = "2025-01-01T00:00:00";

export const isaOptions = v.optional(
  v.strictObject({
    rtc: v.optional(
      v.strictObject({
        base: v.optional(
          v.pipe(v.string(), v.description("`utc`, `localtime`, or a date such as 2006-06-17T16:01:21")),
          DEFAULT_BASE,
        ),
      }),
      {},
    ),
  }),
  {},
);

export type IsaOptions = v.InferOutput<typeof isaOptions>;

/** The clock's reading at virtual time zero. Throws `RTC_BASE`. */
export function baseOf(base: string): Date {
  const now = new Date();
  if (base === "utc") return now;
  if (base === "localtime") return new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  const date = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2})?$/.test(base)
    ? new Date(`${base.length === 10 ? `${base}T00:00:00` : base}Z`)
    : undefined;
  if (date === undefined || Number.isNaN(date.getTime())) throw isaErrors.RTC_BASE(base);
  return date;
}
