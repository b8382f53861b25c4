import * as v from "valibot";
import { monitorsOption } from "backplane/plugins/chardev/contract";

/** The plugin's key in a definition: the monitors for people. */
export const hmpOptions = v.strictObject({ monitors: monitorsOption({}) });
