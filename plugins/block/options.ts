import * as v from "valibot";

const scalar = v.union([v.string(), v.number(), v.boolean()]);

/** A drive as `-drive` has it; keys are the peer's, dotted where they reach into a node below. */
const drive = v.objectWithRest(
  {
    id: v.exactOptional(v.string()),
    /** The option as it was written, for messages. */
    commandLine: v.exactOptional(v.string()),
  },
  scalar,
);

/** A node as `blockdev-add` has it, or as `-blockdev` gave it. */
const node = v.union([
  v.strictObject({ commandLine: v.string(), argument: v.string() }),
  v.looseObject({ driver: v.string() }),
]);

/** `-hda FILE` and its kin: a drive in the machine's own place. */
const file = v.exactOptional(v.strictObject({ commandLine: v.string(), file: v.string() }));

export const blockOptions = v.strictObject({
  nodes: v.optional(v.array(node), []),
  drives: v.optional(v.array(drive), []),
  hda: file,
  hdb: file,
  hdc: file,
  hdd: file,
  cdrom: file,
  /** A drive without a medium in the place of `cdrom`, if that place is free. */
  emptyCdrom: v.optional(v.boolean(), false),
});
export type BlockOptions = v.InferOutput<typeof blockOptions>;
export type DriveOption = BlockOptions["drives"][number];
export type NodeOption = BlockOptions["nodes"][number];
