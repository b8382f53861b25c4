import { defineErrors } from "backplane";

export const pciErrors = defineErrors({
  PCI_ADDRESS_IN_USE: {
    text: (slot: number, number: number, driver: string, by: string, id: string | undefined) =>
      `PCI: slot ${slot} function ${number} not available for ${driver}, in use by ${by},id=${id ?? "(null)"}`,
    help: "Two PCI devices were given the same place on a bus.",
  },
  PCI_ADDRESS_RESERVED: {
    text: (slot: number, number: number, driver: string) =>
      `PCI: slot ${slot} function ${number} not available for ${driver}, reserved`,
    help: "The machine keeps this slot for itself.",
  },
  PCI_BUS_FULL: {
    text: (driver: string) => `PCI: no slot/function available for ${driver}, all in use or reserved`,
    help: "No slot of the bus is free. Plug the device behind a bridge, or give `addr` with a function number.",
  },
  PCI_FUNCTION_ZERO_TAKEN: {
    text: (slot: number, occupant: string, driver: string) =>
      `PCI: slot ${slot} function 0 already occupied by ${occupant}, new func ${driver} cannot be exposed to guest.`,
    help: "Functions of one slot are hot-plugged before function 0: that one makes the guest look.",
  },
  PCI_SINGLE_FUNCTION: {
    text: (slot: number, number: number) =>
      `PCI: single function device can't be populated in function ${slot.toString(16)}.${number}`,
    help: "Function 0 of the slot was made without `multifunction=on`.",
  },
  PCI_SINGLE_FUNCTION_POPULATED: {
    text: (slot: number, number: number) =>
      `PCI: ${slot.toString(16)}.0 indicates single function, but ${slot.toString(16)}.${number} is already populated.`,
    help: "Other functions of the slot exist, so function 0 needs `multifunction=on`.",
  },
  PCI_ACPI_INDEX_RANGE: {
    text: (limit: number) => `acpi-index should be less or equal to ${limit}`,
    help: "The property `acpi-index` of a PCI device is too large for the guest's names.",
  },
  PCI_ACPI_INDEX_DUPLICATE: {
    text: (index: number) => `a PCI device with acpi-index = ${index} already exist`,
    help: "Two PCI devices have the same `acpi-index`.",
  },
  PCI_ROM_SIZE: {
    text: (size: number) => `ROM size ${size} is not a power of two`,
    help: "The property `romsize` of a PCI device is not a power of two.",
  },
  PCI_ROM_FILE_MISSING: {
    text: (file: string) => `failed to find romfile "${file}"`,
    help: "The file that `romfile` names does not exist. The path is relative to the working directory.",
  },
  PCI_ROM_FILE_EMPTY: {
    text: (file: string) => `romfile "${file}" is empty`,
    help: "The file that `romfile` names has no bytes.",
  },
  PCI_ROM_FILE_LARGE: {
    text: (file: string) => `romfile "${file}" too large (size cannot exceed 2 GiB)`,
    help: "The file that `romfile` names is larger than 2 GiB.",
  },
  PCI_ROM_FILE_EXCEEDS: {
    text: (file: string, length: number, size: number) =>
      `romfile "${file}" (${length} bytes) is too large for ROM size ${size}`,
    help: "The file that `romfile` names does not fit into `romsize`.",
  },
  PCI_ROM_HOTPLUG: {
    text: () => "Hot-plugged device without ROM bar can't have an option ROM",
    help: "`rombar=0` hands the ROM to the firmware, which has run already when a device is hot-plugged.",
  },
  PCI_ROM_WITHOUT_BAR: {
    text: () => "rombar=0 with a romfile is not supported: the firmware would have to find the ROM in fw_cfg",
    help: "Leave `rombar` alone so that the ROM is seen through its base address register.",
  },
  PCI_FAILOVER_CLASS: {
    text: () => "failover primary device is not an Ethernet device",
    help: "`failover_pair_id` was given to a device that is no network adapter.",
  },
  PCI_FAILOVER_BUS: {
    text: () => "failover primary device must be on PCIExpress bus",
    help: "`failover_pair_id` was given to a device on a conventional PCI bus.",
  },
  PCI_FAILOVER_UNSUPPORTED: {
    text: (driver: string) => `failover_pair_id is not supported for ${driver}: no virtio-net failover exists`,
    help: "Network failover needs virtio-net, which this machine does not have.",
  },
  PCI_BUS_FOREIGN: {
    text: (driver: string, bus: string) =>
      `${driver} cannot be plugged into '${bus}', which is no PCI bus of this machine`,
    help: 'A PCI device was created without a PCI bus: its type lacks `bus: "PCI"`.',
  },
  PCI_BAR_INVALID: {
    text: (driver: string, index: number, reason: string) => `${driver}: base address register ${index}: ${reason}`,
    help: "A device's code declares a base address register that cannot exist.",
  },
  PCI_CAPABILITY_OVERLAP: {
    text: (path: string, id: number, offset: number, other: number, at: number) =>
      `${path} Attempt to add PCI capability ${id.toString(16)} at offset ${offset.toString(16)} overlaps existing capability ${other.toString(16)} at offset ${at.toString(16)}`,
    help: "A device's code puts two capabilities over each other.",
  },
  PCI_CAPABILITY_NO_ROOM: {
    text: (driver: string, id: number) => `${driver}: no room for capability 0x${id.toString(16)}`,
    help: "A device's code adds more capabilities than its configuration space can hold.",
  },
  PCI_UNPLUG_UNSUPPORTED: {
    text: (bus: string) => `Bus '${bus}' does not support hotplugging`,
    help: "Devices on this bus cannot be removed while the machine runs. Only buses behind root ports and bridges can do that on q35.",
  },
  PCI_ROUTER_TWICE: {
    text: (bus: string) => `the interrupts of '${bus}' are routed twice`,
    help: "Two devices claim to route the interrupts of one root bus.",
  },
});
