import { prop, type PropertyTable } from "backplane";
import { bridgeProperties, pciProperties } from "backplane/plugins/pci/contract";

const onOff = { description: "on/off" };

/** What every root port takes. */
export const portProperties = {
  power_controller_present: prop.bool(true, onOff),
  "disable-acs": prop.bool(false, onOff),
  chassis: prop.unsigned(8, 0),
  slot: prop.unsigned(16, 0),
  hotplug: prop.bool(true, onOff),
  "x-do-not-expose-native-hotplug-cap": prop.bool(false, onOff),
  port: prop.unsigned(8, 0),
  aer_log_max: prop.unsigned(16, 8),
  ...bridgeProperties,
  ...pciProperties,
} satisfies PropertyTable;
