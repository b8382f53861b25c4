import { defineErrors } from "backplane";

export const ideErrors = defineErrors({
  IDE_NO_DRIVE: {
    text: () => "No drive specified",
    help: "A hard disk needs `drive`, the id of a `-drive` or the name of a node.",
    at: "drive",
  },
  IDE_EMPTY: {
    text: () => "Device needs media, but drive is empty",
    help: "A hard disk was given a drive without an image.",
    at: "drive",
  },
  IDE_UNIT: {
    text: (unit: number, units: number) => `Can't create IDE unit ${unit}, bus supports only ${units} units`,
    help: "A Serial ATA port takes one drive.",
  },
  IDE_LOGICAL_BLOCK: {
    text: () => "logical_block_size must be 512 for IDE",
    help: "IDE disks have sectors of 512 bytes.",
    at: "logical_block_size",
  },
  IDE_DISCARD: {
    text: () => "discard_granularity must be 512 for ide",
    help: "IDE disks discard sectors, or nothing.",
    at: "discard_granularity",
  },
});
