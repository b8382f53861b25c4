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
  CPU_INDEX: {
    text: () => "Parameter 'cpu-index' expects a CPU number",
    help: "`human-monitor-command` names a CPU that the machine does not have.",
  },
  CPU_HOTPLUG_UNSUPPORTED: {
    text: () => "machine does not support hot-plugging CPUs",
    help: "The machine type has no places for further processors.",
  },
  VMGENID_ABSENT: {
    text: () => "VM Generation ID device not found",
    help: "The machine has no vmgenid device.",
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
});
