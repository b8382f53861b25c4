// What every device on a block backend takes, in the peer's order.
import {
  isPowerOfTwo,
  prop,
  type OptionValue,
  type PropertyTable,
  type PropertyValues,
  type ValueForm,
} from "backplane";
import { blockErrors } from "./errors.ts";

const SECTOR = 512;
const BLOCK_SIZE = { least: SECTOR, most: 2 * 1024 * 1024 } as const;
/** A `discard_granularity` that nobody gave. */
export const GRANULARITY_UNSET = 0xffffffff;

const onOffAuto = () => prop.choice("OnOffAuto", ["on", "off", "auto"], "auto", { description: "on/off/auto" });
const onError = () =>
  prop.choice("BlockdevOnError", ["report", "ignore", "enospc", "stop", "auto"], "auto", {
    description: "Error handling policy (report/ignore/enospc/stop/auto)",
  });
const plainSize = prop.size(0, { description: "A power of two between 512 B and 2 MiB" });
const blockSize = () => ({
  ...plainSize,
  parse(value: OptionValue, name: string, owner: string, form?: ValueForm) {
    const bytes = plainSize.parse(value, name, owner, form) ?? 0;
    if (bytes === 0 || (isPowerOfTwo(bytes) && bytes >= BLOCK_SIZE.least && bytes <= BLOCK_SIZE.most)) return bytes;
    throw blockErrors.BLOCK_SIZE(name, BLOCK_SIZE.least, BLOCK_SIZE.most);
  },
});

export const blockDeviceProperties = {
  drive: prop.string(undefined, { description: "Node name or ID of a block device to use as a backend" }),
  backend_defaults: prop.unmodelled(onOffAuto()),
  logical_block_size: blockSize(),
  physical_block_size: blockSize(),
  min_io_size: prop.size(0),
  opt_io_size: prop.size(0),
  discard_granularity: prop.size(GRANULARITY_UNSET),
  "write-cache": onOffAuto(),
  "share-rw": prop.bool(false, { description: "on/off" }),
  "account-invalid": prop.unmodelled(onOffAuto()),
  "account-failed": prop.unmodelled(onOffAuto()),
  rerror: onError(),
  werror: onError(),
} satisfies PropertyTable;

export const geometryProperties = {
  cyls: prop.unsigned(32, 0),
  heads: prop.unsigned(32, 0),
  secs: prop.unsigned(32, 0),
  lcyls: prop.unmodelled(prop.unsigned(32, 0)),
  lheads: prop.unmodelled(prop.unsigned(32, 0)),
  lsecs: prop.unmodelled(prop.unsigned(32, 0)),
} satisfies PropertyTable;

type DeviceValues = Pick<PropertyValues<typeof blockDeviceProperties>, "write-cache" | "rerror" | "werror">;

/** What a device's own properties say of its backend goes before what `-drive` says. */
export function configureBackend(
  backend: { writeCache: boolean; readonly policy: { read: string; write: string } },
  values: DeviceValues,
): void {
  if (values["write-cache"] !== "auto") backend.writeCache = values["write-cache"] === "on";
  if (values.rerror !== "auto") backend.policy.read = values.rerror;
  if (values.werror !== "auto") backend.policy.write = values.werror;
}

export interface BlockSizes {
  readonly logical: number;
  readonly physical: number;
}

/** Throws with the peer's texts. */
export function readBlockSizes(values: {
  readonly logical_block_size: number;
  readonly physical_block_size: number;
}): BlockSizes {
  const logical = values.logical_block_size || SECTOR;
  const physical = values.physical_block_size || SECTOR;
  if (logical > physical) throw blockErrors.BLOCK_PHYSICAL_SIZE();
  return { logical, physical };
}
