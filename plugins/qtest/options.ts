import * as v from "valibot";

/** The plugin's key in a definition. Without a character device there is no test protocol. */
export const qtestOptions = v.optional(
  v.strictObject({
    /** The character device that the client is on. */
    chardev: v.optional(v.string()),
    /** A file for the conversation; `none` and `/dev/null` keep none. */
    log: v.optional(v.string()),
  }),
  {},
);
