import type { QomType } from "./contract.ts";

/** Types that every machine has. Those of buses and devices come with their plugins. */
export const CORE_TYPES: readonly QomType[] = [
  { name: "object", abstract: true },
  { name: "interface", abstract: true },
  { name: "container", parent: "object" },
  { name: "irq", parent: "object" },
  {
    name: "memory-region",
    parent: "object",
    properties: () => [
      { name: "container", type: "link<memory-region>" },
      { name: "addr", type: "uint64" },
      { name: "size", type: "uint64" },
      { name: "priority", type: "uint32" },
    ],
  },
  { name: "vmstate-if", parent: "interface", abstract: true },
  { name: "user-creatable", parent: "interface", abstract: true },
  { name: "hotplug-handler", parent: "interface", abstract: true },
  { name: "resettable", parent: "interface", abstract: true },
  {
    name: "device",
    parent: "object",
    abstract: true,
    interfaces: ["vmstate-if", "resettable"],
    properties: () => [
      { name: "realized", type: "bool" },
      { name: "hotpluggable", type: "bool" },
      { name: "hotplugged", type: "bool" },
      { name: "parent_bus", type: "link<bus>" },
    ],
  },
  { name: "bus", parent: "object", abstract: true, interfaces: ["resettable"] },
  { name: "System", parent: "bus" },
  { name: "sys-bus-device", parent: "device", abstract: true },
  { name: "dynamic-sysbus-device", parent: "sys-bus-device", abstract: true },
  { name: "machine", parent: "object", abstract: true },
  { name: "accel", parent: "object", abstract: true },
  { name: "tcg-accel", parent: "accel" },
  { name: "qtest-accel", parent: "accel" },
];
