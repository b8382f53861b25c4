import * as v from "valibot";

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const vmgenidOptions = v.strictObject({
  /** What a device with `guid: auto` gets, instead of a random one: makes runs repeatable. */
  auto: v.optional(v.pipe(v.string(), v.regex(GUID, "a GUID, such as 324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87"))),
});
export type VmgenidOptions = v.InferOutput<typeof vmgenidOptions>;
