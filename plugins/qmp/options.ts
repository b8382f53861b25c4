import * as v from "valibot";
import { monitorsOption } from "backplane/plugins/chardev/contract";

/** The plugin's key in a definition: the monitors for programs. */
export const qmpOptions = v.strictObject({
  monitors: monitorsOption({
    /** Replies over several lines, indented. */
    pretty: v.optional(v.boolean()),
  }),
});
