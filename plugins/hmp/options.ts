import * as v from "valibot";
import type { Origin } from "backplane";

const common = { origin: v.optional(v.custom<Origin>((value) => typeof value === "object")) };
const server = { server: v.optional(v.boolean()), wait: v.optional(v.boolean()) };

/**
 * The plugin's key in a definition: the monitors for people, each on a character device of its own (`unix`, `tcp`,
 * `stdio`) or on one that the definition lists under `chardev`. A socket listens, and does not wait, unless something
 * else is said.
 */
export const hmpOptions = v.strictObject({
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
export type HumanMonitorDefinition = v.InferOutput<typeof hmpOptions>["monitors"][number];
