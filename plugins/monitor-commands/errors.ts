import { defineErrors } from "backplane";

export const monitorCommandErrors = defineErrors({
  RESET_REQUIRED: {
    text: () => "Resetting the Virtual Machine is required",
    help: "The guest cannot go on from its run state; reset it first.",
  },
  MIGRATION_NOT_FINALIZED: {
    text: () => "Migration is not finalized yet",
    help: "The guest is halted for the last part of a migration.",
  },
  DEVICE_NOT_HOTPLUGGABLE: {
    text: (driver: string) => `Device '${driver}' does not support hotplugging`,
    help: "The device can only be there from the start.",
  },
  DEVICE_LEAVING: {
    text: (id: string) => `Device ${id} is already in the process of unplug`,
    help: "The guest was asked a moment ago to let go of the device, and has not answered yet.",
  },
  BUS_NOT_HOTPLUGGABLE: {
    text: (bus: string) => `Bus '${bus}' does not support hotplugging`,
    help: "Devices on this bus can only be there from the start.",
  },
  NOT_WHILE_MIGRATING: {
    text: (command: string) => `${command} not allowed while migrating`,
    help: "Devices cannot come or go while a migration runs.",
  },
  PARAMETER_NEEDED: {
    text: (name: string) => `Parameter '${name}' is missing`,
    help: "`device_add` or `object-add` was sent without what it makes.",
  },
  FILE_NOT_OPENED: {
    text: (path: string, reason: string) => `Could not open '${path}': ${reason}`,
    help: "The file that memory is to be written to cannot be made.",
  },
  MEMORY_SAVE_FAILED: {
    text: (path: string) => `writing memory to '${path}' failed`,
    help: "The file system took no more of the memory that was to be written.",
  },
  VIRTUAL_ADDRESS: {
    text: (address: string, size: string) => `Invalid addr ${address}/size ${size} specified`,
    help: "The range ends beyond what the processor can address.",
  },
  MEMORY_CPU_INDEX: {
    text: () => "Parameter 'cpu-index' expects a CPU number",
    help: "`memsave` names a CPU that the machine does not have.",
  },
  CPU_HOTPLUG_UNSUPPORTED: {
    text: () => "machine does not support hot-plugging CPUs",
    help: "The machine type has no places for further processors.",
  },
  VMGENID_ABSENT: {
    text: () => "VM Generation ID device not found",
    help: "The machine has no vmgenid device.",
  },
  NET_CLIENT_NOT_FOUND: {
    text: (name: string) => `invalid net client name: ${name}`,
    help: "`query-rx-filter` names a network card that the machine does not have.",
  },
  NET_FILTER_UNAVAILABLE: {
    text: (name: string) => `net client(${name}) doesn't support rx-filter querying`,
    help: "The card does not show its filters to monitors.",
  },
  NET_CLIENT_NO_CARD: {
    text: (name: string) => `net client(${name}) isn't a NIC`,
    help: "`query-rx-filter` names a port of a hub.",
  },
  NMI_ABSENT: {
    text: () => "machine does not provide NMIs",
    help: "The machine type has nothing that a non-maskable interrupt could be sent with.",
  },
  USB_NOT_ENABLED: {
    text: () => "USB support not enabled",
    help: "The machine has no USB controller.",
  },
  BALLOON_ABSENT: {
    text: () => "No balloon device has been activated",
    help: "The machine has no balloon device.",
    errorClass: "DeviceNotActive",
  },
  HV_BALLOON_ABSENT: {
    text: () => "no hv-balloon device present",
    help: "The machine has no Hyper-V balloon device.",
  },
  ACPI_ABSENT: {
    text: () => "command is not supported, missing ACPI device",
    help: "The machine has no ACPI device that the guest could tell anything to.",
  },
  COMPAT_PROPERTIES: {
    text: () => "compat-props is not supported in this build",
    help: "Machine types have no compatibility properties here that `query-machines` could list.",
  },
  NOT_A_DEVICE: {
    text: (path: string) => `${path} is not a device`,
    help: "A path leads to something that is no device.",
  },
  EQUALS_EXPECTED: {
    text: (word: string) => `Expected '=' after parameter '${word}'`,
    help: "`object_add` was given a property without a value.",
  },
});
