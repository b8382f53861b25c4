import * as v from "valibot";

/** The plugin's key in a definition: descriptors that the process was started with, and the sets that they go to. */
export const fdsetOptions = v.strictObject({
  fds: v.optional(
    v.array(
      v.strictObject({
        fd: v.pipe(v.number(), v.integer()),
        set: v.pipe(v.number(), v.integer(), v.minValue(0)),
        /** Shown by `query-fdsets`. */
        opaque: v.optional(v.string()),
        /** As written on the command line, for error messages. */
        commandLine: v.optional(v.string()),
      }),
    ),
    [],
  ),
});
export type FdsetOptions = v.InferOutput<typeof fdsetOptions>;
