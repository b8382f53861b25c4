import {
  isPowerOfTwo,
  machineErrors,
  parseInteger,
  prop,
  type OptionValue,
  type PropertyTable,
  type ValueForm,
} from "backplane";
import { ideErrors } from "./errors.ts";

const onOffAuto = () => prop.choice("OnOffAuto", ["on", "off", "auto"], "auto", { description: "on/off/auto" });
const onError = () =>
  prop.choice("BlockdevOnError", ["report", "ignore", "enospc", "stop", "auto"], "auto", {
    description: "Error handling policy (report/ignore/enospc/stop/auto)",
  });
const BLOCK_SIZE = { least: 512, most: 2 * 1024 * 1024 } as const;
const plainSize = prop.size(0, { description: "A power of two between 512 B and 2 MiB" });
const blockSize = () => ({
  ...plainSize,
  parse(value: OptionValue, name: string, owner: string, form?: ValueForm) {
    const bytes = plainSize.parse(value, name, owner, form) ?? 0;
    if (bytes === 0 || (isPowerOfTwo(bytes) && bytes >= BLOCK_SIZE.least && bytes <= BLOCK_SIZE.most)) return bytes;
    throw ideErrors.IDE_BLOCK_SIZE(name, BLOCK_SIZE.least, BLOCK_SIZE.most);
  },
});
const UNSET = 0xffffffff;

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
  drive: prop.string(undefined, { description: "Node name or ID of a block device to use as a backend" }),
  backend_defaults: prop.unmodelled(onOffAuto()),
  logical_block_size: blockSize(),
  physical_block_size: blockSize(),
  min_io_size: prop.unmodelled(prop.size(0)),
  opt_io_size: prop.unmodelled(prop.size(0)),
  discard_granularity: prop.size(UNSET),
  "write-cache": onOffAuto(),
  "share-rw": prop.bool(false, { description: "on/off" }),
  "account-invalid": prop.unmodelled(onOffAuto()),
  "account-failed": prop.unmodelled(onOffAuto()),
  rerror: onError(),
  werror: onError(),
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
  cyls: prop.unsigned(32, 0),
  heads: prop.unsigned(32, 0),
  secs: prop.unsigned(32, 0),
  lcyls: prop.unmodelled(prop.unsigned(32, 0)),
  lheads: prop.unmodelled(prop.unsigned(32, 0)),
  lsecs: prop.unmodelled(prop.unsigned(32, 0)),
  "bios-chs-trans": prop.unmodelled(
    prop.choice("BiosAtaTranslation", ["auto", "none", "lba", "large", "rechs"], "auto", {
      description: "Logical CHS translation algorithm  (auto/none/lba/large/rechs)",
    }),
  ),
  rotation_rate: prop.unsigned(16, 0),
} satisfies PropertyTable;

export { UNSET };
