import { hostFaultsOption } from "backplane";
import * as v from "valibot";

export const nvmmOptions = v.strictObject({
  /** Whether a RAM block that goes takes its host mapping along. `qemu-10.0`: it does not, as in the peer. */
  removal: v.optional(v.picklist(["unmap", "qemu-10.0"]), "unmap"),
  /** Which pages a synchronization of dirty logs marks: the section's, or (`qemu-10.0`) as many from the region's start. */
  dirty: v.optional(v.picklist(["section", "qemu-10.0"]), "section"),
  /** Whose limits the model has. */
  system: v.optional(v.picklist(["netbsd", "dragonfly"]), "netbsd"),
  faults: hostFaultsOption,
});

export type NvmmOptions = v.InferOutput<typeof nvmmOptions>;
