import { machineErrors, parseInteger, prop, type OptionValue, type PropertyTable } from "backplane";
import { blockDeviceProperties, geometryProperties, GRANULARITY_UNSET } from "backplane/plugins/block/contract";

const UNSET = GRANULARITY_UNSET;

/** 64 bits, which numbers do not hold. */
const worldWideName = prop.custom<bigint>({
  type: "uint64",
  default: 0n,
  parse(value: OptionValue, name: string) {
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
    if (typeof value === "string" && parseInteger(value) !== undefined && /^\s*\+?(0[xX])?[0-9a-fA-F]+$/.test(value)) {
      const number = BigInt(value.trim().replace(/^\+/, ""));
      if (number < 2n ** 64n) return number;
    }
    throw machineErrors.PROPERTY_VALUE(name, "uint64");
  },
});

/** What drives of both kinds take, in the peer's order. */
export const ideDriveProperties = {
  ...blockDeviceProperties,
  min_io_size: prop.unmodelled(prop.size(0)),
  opt_io_size: prop.unmodelled(prop.size(0)),
  ver: prop.string(undefined),
  wwn: worldWideName,
  serial: prop.string(undefined),
  model: prop.string(undefined),
} satisfies PropertyTable;

/** What follows the properties of the kind. */
export const ideUnitProperties = {
  unit: prop.unsigned(32, UNSET),
  "win2k-install-hack": prop.unmodelled(prop.bool(false, { description: "on/off" })),
  bootindex: prop.late(prop.unmodelled(prop.signed(32, undefined))),
} satisfies PropertyTable;

export const diskProperties = {
  ...geometryProperties,
  "bios-chs-trans": prop.unmodelled(
    prop.choice("BiosAtaTranslation", ["auto", "none", "lba", "large", "rechs"], "auto", {
      description: "Logical CHS translation algorithm  (auto/none/lba/large/rechs)",
    }),
  ),
  rotation_rate: prop.unsigned(16, 0),
} satisfies PropertyTable;

export { UNSET };
