import { prop, type PropertyTable } from "backplane";

const onOff = { description: "on/off" };
const fixed = (value: boolean) => prop.unmodelled(prop.bool(value, onOff));

/** As many vectors as the kind of device needs. */
export const VECTORS_UNSPECIFIED = 0xffffffff;

/** With which interfaces it works: of types that leave it to the user. */
export const virtioModeProperties = {
  "disable-legacy": prop.choice("OnOffAuto", ["on", "off", "auto"], "auto", { description: "on/off/auto" }),
  "disable-modern": prop.bool(false, onOff),
} satisfies PropertyTable;

export const virtioTransportProperties = {
  "virtio-pci-bus-master-bug-migration": fixed(false),
  "migrate-extra": fixed(true),
  "modern-pio-notify": fixed(false),
  "x-disable-pcie": prop.bool(false, onOff),
  "page-per-vq": prop.bool(false, onOff),
  "x-ignore-backend-features": fixed(false),
  ats: fixed(false),
  "x-ats-page-aligned": fixed(true),
  "x-pcie-deverr-init": fixed(true),
  "x-pcie-lnkctl-init": fixed(true),
  "x-pcie-pm-init": fixed(true),
  "x-pcie-pm-no-soft-reset": fixed(false),
  "x-pcie-flr-init": fixed(true),
  aer: fixed(false),
} satisfies PropertyTable;

/** What every virtio PCI device takes for its transport. Kinds put properties of their own in front or between. */
export function virtioPciProperties<const V extends PropertyTable>(own: V) {
  return { ...virtioModeProperties, ...own, ...virtioTransportProperties } satisfies PropertyTable;
}

/** What every virtio device takes, whatever its transport. */
export const virtioProperties = {
  indirect_desc: prop.bool(true, onOff),
  event_idx: prop.bool(true, onOff),
  notify_on_empty: prop.bool(true, onOff),
  any_layout: prop.bool(true, onOff),
  iommu_platform: prop.bool(false, onOff),
  packed: fixed(false),
  queue_reset: prop.bool(true, onOff),
  in_order: fixed(false),
  "use-started": fixed(true),
  "use-disabled-flag": fixed(true),
  "x-disable-legacy-check": fixed(false),
} satisfies PropertyTable;
