import * as v from "valibot";
import { GUID } from "./guid.ts";

export const INCOMING_POLICIES = ["by-transport", "qemu-10.0"] as const;

export const vmgenidOptions = v.strictObject({
  /** What a device with `guid: auto` gets, instead of a random one: makes runs repeatable. */
  auto: v.optional(v.pipe(v.string(), v.regex(GUID, "a GUID, such as 324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87"))),
  /**
   * What becomes of the GUID when the machine was loaded from a stream. `by-transport`: a machine with `guid: auto` that
   * came from a file or a program is a copy and gets a new one; one that came over a socket has moved and keeps its own.
   * `qemu-10.0`: the guest always gets this machine's GUID and is told, also when it is the same.
   */
  incoming: v.optional(v.picklist(INCOMING_POLICIES), "by-transport"),
});
export type VmgenidOptions = v.InferOutput<typeof vmgenidOptions>;
