import * as v from "valibot";

export const timelineOptions = v.strictObject({
  /** Entries that are kept; the oldest go first. */
  keep: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 10_000),
});
