import * as v from "valibot";

const userFile = v.strictObject({
  name: v.optional(v.string()),
  file: v.optional(v.string()),
  string: v.optional(v.string()),
  gen_id: v.optional(v.string()),
  /** The option as it was written on a command line, for error messages. */
  commandLine: v.optional(v.string()),
});
export type UserFile = v.InferOutput<typeof userFile>;

/** Drives a to p, each once at most. */
const drives = v.optional(v.pipe(v.string(), v.regex(/^[a-p]*$/)));

const boot = v.strictObject({
  /** In which order drives are tried: a and b floppies, c disk, d CD, n network. */
  order: drives,
  /** The order of the first boot. */
  once: drives,
  menu: v.optional(v.boolean()),
  strict: v.optional(v.boolean()),
  /** A picture that the firmware shows: a JPEG, or a BMP of 24 bits a pixel. */
  splash: v.optional(v.string()),
  "splash-time": v.optional(v.number()),
  "reboot-timeout": v.optional(v.number()),
});
export type BootOptions = v.InferOutput<typeof boot>;

export const fwCfgOptions = v.strictObject({
  /** The system's UUID: fw_cfg item 2 and SMBIOS type 1. */
  uuid: v.optional(v.string()),
  /** There is no display: the firmware then uses the serial port. */
  nographic: v.optional(v.boolean(), false),
  boot: v.optional(boot, {}),
  /** Files of the user's own; names should begin with `opt/`. */
  files: v.optional(v.array(userFile), []),
});
export type FwCfgOptions = v.InferOutput<typeof fwCfgOptions>;
