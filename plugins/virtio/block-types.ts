// The types of the block device, and what they take.
import { machineErrors, prop, type DeviceType, type PropertyTable } from "backplane";
import { blockDeviceProperties, geometryProperties } from "backplane/plugins/block/contract";
import { pciProperties } from "backplane/plugins/pci/contract";
import { backendType } from "./backend-device.ts";
import type { VirtioVariant } from "./contract.ts";
import { VECTORS_UNSPECIFIED, virtioPciProperties, virtioProperties } from "./properties.ts";

const onOff = { description: "on/off" };
/** What a request of the block layer may move: 2 GiB without a sector. */
export const SECTORS_LIMIT = 0x3fffff;
/** As many queues as processors. */
export const QUEUES_AUTO = 0xffff;

const vectorMapping = prop.custom<undefined>({
  type: "IOThreadVirtQueueMappingList",
  description: 'IOThread virtqueue mapping list [{"iothread":"<id>", "vqs":[1,2,3,...]},...]',
  format: () => null,
  show: () => "<null>",
  parse(_value, name, owner) {
    throw machineErrors.PROPERTY_UNMODELLED(owner, name, "empty");
  },
});

const blockProperties = {
  ...blockDeviceProperties,
  ...geometryProperties,
  serial: prop.string(undefined),
  "config-wce": prop.bool(true, onOff),
  "request-merging": prop.bool(true, onOff),
  "num-queues": prop.unsigned(16, QUEUES_AUTO),
  "queue-size": prop.unsigned(16, 256),
  "seg-max-adjust": prop.bool(true, onOff),
  iothread: prop.unmodelled(prop.link("iothread")),
  "iothread-vq-mapping": vectorMapping,
  discard: prop.bool(true, onOff),
  "report-discard-granularity": prop.bool(true, onOff),
  "write-zeroes": prop.bool(true, onOff),
  "max-discard-sectors": prop.unsigned(32, SECTORS_LIMIT),
  "max-write-zeroes-sectors": prop.unsigned(32, SECTORS_LIMIT),
  "x-enable-wce-if-config-wce": prop.bool(true, onOff),
  ...virtioProperties,
  bootindex: prop.late(prop.unmodelled(prop.signed(32, undefined))),
} satisfies PropertyTable;

export const blockBackendType = backendType("virtio-blk-device", "virtio-device", blockProperties);

export const blockCard = {
  class: prop.unsigned(32, 0),
  ioeventfd: prop.unmodelled(prop.bool(true, onOff)),
  vectors: prop.unsigned(32, VECTORS_UNSPECIFIED),
} satisfies PropertyTable;

const cardProperties = {
  ...virtioPciProperties(blockCard),
  ...pciProperties,
  ...prop.inner(blockProperties),
};

function blockType<const P extends PropertyTable>(name: string, properties: P, interfaces: readonly string[]) {
  return {
    name,
    bus: "PCI",
    parent: "virtio-blk-pci-base",
    interfaces,
    category: "storage",
    parts: { "virtio-backend": "child<virtio-blk-device>" },
    properties,
  } satisfies DeviceType;
}

const { "disable-legacy": _legacy, "disable-modern": _modern, ...variantProperties } = cardProperties;
const CONVENTIONAL = "conventional-pci-device";
const EXPRESS = "pci-express-device";

export const blockTypes = {
  common: { ...blockType("virtio-blk-pci", cardProperties, [EXPRESS, CONVENTIONAL]), alias: "virtio-blk" },
  transitional: blockType("virtio-blk-pci-transitional", variantProperties, [CONVENTIONAL]),
  "non-transitional": blockType("virtio-blk-pci-non-transitional", variantProperties, [EXPRESS, CONVENTIONAL]),
};

export type BlockValues = typeof variantProperties;

/** Which of the types a device is of. */
export function variantOf({ name }: DeviceType): VirtioVariant | undefined {
  if (name === blockTypes.transitional.name) return "transitional";
  return name === blockTypes["non-transitional"].name ? "non-transitional" : undefined;
}
