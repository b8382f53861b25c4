import * as v from "valibot";
import type { Origin } from "backplane";

const common = {
  id: v.string(),
  origin: v.optional(v.custom<Origin>((value) => typeof value === "object")),
  mux: v.optional(v.boolean()),
  logfile: v.optional(v.string()),
  logappend: v.optional(v.boolean()),
};
const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65535));

/** The plugin's key in a definition. */
export const chardevOptions = v.strictObject({
  devices: v.optional(
    v.array(
      v.variant("backend", [
        v.strictObject({ ...common, backend: v.literal("stdio"), signal: v.optional(v.boolean()) }),
        v.strictObject({
          ...common,
          backend: v.literal("socket"),
          path: v.optional(v.string()),
          host: v.optional(v.string()),
          port: v.optional(port),
          server: v.optional(v.boolean()),
          wait: v.optional(v.boolean()),
          nodelay: v.optional(v.boolean()),
          "reconnect-ms": v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
        }),
        v.strictObject({
          ...common,
          backend: v.literal("file"),
          path: v.string(),
          append: v.optional(v.boolean()),
          "input-path": v.optional(v.string()),
        }),
        v.strictObject({ ...common, backend: v.literal("pipe"), path: v.string() }),
        v.strictObject({ ...common, backend: v.literal("pty"), path: v.optional(v.string()) }),
        v.strictObject({
          ...common,
          backend: v.literal("ringbuf"),
          size: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
        }),
        v.strictObject({ ...common, backend: v.literal("mux"), chardev: v.string() }),
        v.strictObject({ ...common, backend: v.literal("null") }),
      ]),
    ),
    [],
  ),
});
