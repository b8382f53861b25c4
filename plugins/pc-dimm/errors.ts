import { defineErrors } from "backplane";

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

export const dimmErrors = defineErrors({
  DIMM_ADDRESS_VALUE: {
    text: (name: string) => `Parameter '${name}' expects integer`,
    help: "The address of a memory device has more than 64 bits.",
  },
  DIMM_ACPI: {
    text: () => "memory hotplug is not enabled: missing acpi device or acpi disabled",
    help: "Memory devices are described to the guest by ACPI; the machine was started with acpi=off.",
  },
  DIMM_SLOT_RANGE: {
    text: (slot: number, slots: number) =>
      `invalid slot number ${slot}, valid range is [0-${BigInt.asUintN(64, BigInt(slots) - 1n)}]`,
    help: "A memory device names a slot that the machine does not have. -m slots= says how many there are.",
    at: "slot",
  },
  DIMM_NO_SLOTS: {
    text: () => "no slots where allocated, please specify the 'slots' option",
    help: "The machine was started without slots for memory devices. Use -m size=…,slots=…,maxmem=….",
    advice: "write slots and max under 'memory', such as memory: { size: 1G, slots: 4, max: 8G }",
  },
  DIMM_SLOT_BUSY: {
    text: (slot: number) => `slot ${slot} is busy`,
    help: "Another memory device is in the slot.",
    at: "slot",
    advice: "leave 'slot' out and a free one is taken",
  },
  DIMM_SLOTS_FULL: {
    text: () => "no free slots available",
    help: "All slots for memory devices are taken.",
    advice: "write more slots under 'memory'",
  },
  DIMM_MEMDEV_UNSET: {
    text: () => "'memdev' property must be set",
    help: "A memory device needs a memory backend: memdev=ID.",
    advice: "write memdev: ID, the id of a memory backend under 'objects'",
  },
  DIMM_MEMDEV_BUSY: {
    text: (id: string) => `can't use already busy memdev: ${id}`,
    help: "The memory backend is in use: by another memory device, or as the machine's RAM.",
    at: "memdev",
    advice: "give each memory device a backend of its own under 'objects'",
  },
  DIMM_NOT_PREPARED: {
    text: () =>
      "the configuration is not prepared for memory devices (e.g., for memory hotplug), consider specifying the maxmem option",
    help: "The machine has no address range for memory devices. Use -m maxmem=.",
    advice: "write a max under 'memory' that is larger than size",
  },
  DIMM_SIZE: {
    text: (alignment: number) => `backend memory size must be multiple of ${hex(alignment)}`,
    help: "The size of a memory device is a multiple of its backend's alignment.",
    at: "memdev",
  },
  DIMM_NO_SPACE: {
    text: (used: number, total: number) =>
      `not enough space, currently ${hex(used)} in use of total space for memory devices ${hex(total)}`,
    help: "The memory devices together would be larger than what maxmem leaves beyond the machine's RAM.",
    at: "memdev",
    advice: "write a larger max under 'memory'",
  },
  DIMM_ADDRESS_ALIGNMENT: {
    text: (alignment: number) => `address must be aligned to ${hex(alignment)} bytes`,
    help: "The address of a memory device is a multiple of its backend's alignment.",
    at: "addr",
  },
  DIMM_ADDRESS_RANGE: {
    text: (address: bigint, size: number, base: number, length: number) =>
      `can't add memory device [${hex(address)}:${hex(size)}], usable range for memory devices [${hex(base)}:${hex(length)}]`,
    help: "A memory device was put outside of the address range that the machine has for such devices.",
    at: "addr",
  },
  DIMM_TOO_BIG: {
    text: () => "can't add memory device, device too big",
    help: "A memory device is larger than the address range for such devices.",
    at: "memdev",
    advice: "write a larger max under 'memory'",
  },
  DIMM_CONFLICT: {
    text: (id: string) => `address range conflicts with memory device id='${id}'`,
    help: "A memory device was put where another one is.",
    at: "addr",
    advice: "leave 'addr' out and a free one is taken",
  },
  DIMM_FRAGMENTED: {
    text: () =>
      "could not find position in guest address space for memory device - memory fragmented due to alignments",
    help: "No gap between the memory devices is large enough.",
  },
  DIMM_NODE: {
    text: (node: number, nodes: number) =>
      `'DIMM property node has value ${node}' which exceeds the number of numa nodes: ${nodes}`,
    help: "A memory device belongs to a NUMA node that the machine does not have.",
    at: "node",
  },
});
