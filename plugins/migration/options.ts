import * as v from "valibot";

export const migrationOptions = v.strictObject({
  /**
   * Where the machine's state comes from: a URI (`file:PATH`, `exec:COMMAND`, `unix:PATH`, `tcp:HOST:PORT`), or `defer`, which
   * leaves it to `migrate-incoming`; a channel in JSON will do as well. Without it the machine starts afresh.
   */
  incoming: v.optional(v.string()),
  /**
   * Milliseconds that the program of a completed `exec:` migration may go on when the machine goes (a `gzip` that writes
   * its last block). All others are ended at once.
   */
  exitGrace: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 10_000),
});
export type MigrationOptions = v.InferOutput<typeof migrationOptions>;
