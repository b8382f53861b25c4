// What the types of this plugin descend from, with what each step of the descent brings: monitors list properties by it.
import { tableProperties, type PropertyTable, type QomType } from "backplane";
import { blockCard } from "./block-types.ts";
import { entropyCard } from "./entropy-device.ts";
import { inputCard } from "./input-device.ts";
import { virtioModeProperties, virtioProperties, virtioTransportProperties } from "./properties.ts";

const abstract = (name: string, parent: string, table: PropertyTable = {}): QomType => ({
  name,
  parent,
  abstract: true,
  properties: () => tableProperties(table),
});

export const VIRTIO_TYPES: readonly QomType[] = [
  abstract("virtio-pci", "pci-device", virtioTransportProperties),
  abstract("virtio-blk-pci-base", "virtio-pci", blockCard),
  abstract("virtio-rng-pci-base", "virtio-pci", entropyCard),
  abstract("virtio-input-pci", "virtio-pci", inputCard),
  abstract("virtio-input-hid-pci", "virtio-input-pci"),
  ...["mouse", "keyboard", "tablet"].map((model) =>
    abstract(`virtio-${model}-pci-base-type`, "virtio-input-hid-pci", virtioModeProperties),
  ),
  abstract("virtio-device", "device", virtioProperties),
  abstract("virtio-input-device", "virtio-device"),
  abstract("virtio-input-hid-device", "virtio-input-device"),
];
