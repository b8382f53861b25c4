import { prop, type PropertyTable } from "backplane";
import { pciProperties } from "backplane/plugins/pci/contract";

export const flag = { description: "on/off" };

/** What the monitor prefers, and what it can do at most; 0 is "not said". */
export const monitorProperties = {
  xres: prop.unsigned(32, 0),
  yres: prop.unsigned(32, 0),
  xmax: prop.unsigned(32, 0),
  ymax: prop.unsigned(32, 0),
  refresh_rate: prop.unsigned(32, 0),
} satisfies PropertyTable;

/** What every display device takes. */
export const displayProperties = {
  vgamem_mb: prop.unsigned(32, 16),
  "qemu-extended-regs": prop.bool(true, flag),
  edid: prop.bool(true, flag),
  ...monitorProperties,
  ...pciProperties,
} satisfies PropertyTable;
