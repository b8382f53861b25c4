import * as v from "valibot";

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
        clock: v.optional(
          v.pipe(
            v.picklist(["host", "rt", "vm"]),
            v.description("What moves the clock: the host's (`host`, `rt`), or the machine's own time (`vm`)"),
          ),
          "vm",
        ),
      }),
      {},
    ),
  }),
  {},
);

export type IsaOptions = v.InferOutput<typeof isaOptions>;
