import * as v from "valibot";

export const migrationOptions = v.strictObject({
  /**
   * Milliseconds that the program of a completed `exec:` migration may go on when the machine goes (a `gzip` that writes
   * its last block). All others are ended at once.
   */
  exitGrace: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 10_000),
});
