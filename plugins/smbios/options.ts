import * as v from "valibot";

const text = v.exactOptional(v.string());
const number = v.exactOptional(v.union([v.pipe(v.number(), v.integer(), v.minValue(0)), v.string()]));

const structures = {
  /** Instead of what the firmware says of itself. */
  bios: v.strictObject({ vendor: text, version: text, date: text, release: text, uefi: v.exactOptional(v.boolean()) }),
  system: v.strictObject({
    manufacturer: text,
    product: text,
    version: text,
    serial: text,
    sku: text,
    family: text,
  }),
  baseboard: v.strictObject({
    manufacturer: text,
    product: text,
    version: text,
    serial: text,
    asset: text,
    location: text,
  }),
  chassis: v.strictObject({ manufacturer: text, version: text, serial: text, asset: text, sku: text }),
  processor: v.strictObject({
    sock_pfx: text,
    manufacturer: text,
    version: text,
    "max-speed": number,
    "current-speed": number,
    serial: text,
    asset: text,
    part: text,
    "processor-family": number,
    "processor-id": number,
  }),
  memory: v.strictObject({
    loc_pfx: text,
    bank: text,
    manufacturer: text,
    serial: text,
    asset: text,
    part: text,
    speed: number,
  }),
} as const;

const connector = v.strictObject({
  internal_reference: text,
  external_reference: text,
  connector_type: number,
  port_type: number,
});

/** An option as `-smbios` gave it. */
const commandLine = v.strictObject({
  text: v.string(),
  pairs: v.array(v.strictObject({ key: v.string(), value: v.union([v.string(), v.number(), v.boolean()]) })),
});

export const smbiosOptions = v.strictObject({
  bios: v.exactOptional(structures.bios),
  system: v.exactOptional(structures.system),
  baseboard: v.exactOptional(structures.baseboard),
  chassis: v.exactOptional(structures.chassis),
  processor: v.exactOptional(structures.processor),
  memory: v.exactOptional(structures.memory),
  connectors: v.optional(v.array(connector), []),
  "oem-strings": v.optional(v.array(v.string()), []),
  /** Files with whole structures, strings and end included. */
  files: v.optional(v.array(v.string()), []),
  commandLine: v.optional(v.array(commandLine), []),
});
export type SmbiosOptions = v.InferOutput<typeof smbiosOptions>;

/** The type of structure behind each key of a definition. */
export const TYPE_OF_KEY = { bios: 0, system: 1, baseboard: 2, chassis: 3, processor: 4, memory: 17 } as const;
