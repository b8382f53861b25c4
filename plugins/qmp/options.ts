import * as v from "valibot";
import type { Origin } from "backplane";

const common = {
  /** Replies over several lines, indented. */
  pretty: v.optional(v.boolean()),
  origin: v.optional(v.custom<Origin>((value) => typeof value === "object")),
};
const server = { server: v.optional(v.boolean()), wait: v.optional(v.boolean()) };

/**
 * The plugin's key in a definition: the monitors, each on a character device of its own (`unix`, `tcp`, `stdio`) or on
 * one that the definition lists under `chardev`. A socket listens, and does not wait, unless something else is said.
 */
export const qmpOptions = v.strictObject({
  monitors: v.optional(
    v.array(
      v.union([
        v.strictObject({ ...common, chardev: v.string() }),
        v.strictObject({ ...common, ...server, unix: v.string() }),
        v.strictObject({
          ...common,
          ...server,
          tcp: v.pipe(v.string(), v.regex(/^.*:[0-9]+$/, "an address as host:port")),
        }),
        v.strictObject({ ...common, stdio: v.literal(true) }),
      ]),
    ),
    [],
  ),
});
export type MonitorDefinition = v.InferOutput<typeof qmpOptions>["monitors"][number];
