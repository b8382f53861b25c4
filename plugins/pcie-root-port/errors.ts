import { defineErrors } from "backplane";

export const rootPortErrors = defineErrors({
  ROOT_PORT_MESSAGES: {
    text: () => "MSI-X is not supported by interrupt controller",
    help: "A root port sends messages, and the machine's processor has no APIC to take them.",
  },
  ROOT_PORT_PLAIN_MESSAGES: {
    text: () => "MSI is not supported by interrupt controller",
    help: "A root port sends messages, and the machine's processor has no APIC to take them.",
  },
  ROOT_PORT_SLOT_TAKEN: {
    text: () => "Can't add chassis slot, error -16",
    help: "Two ports have the same `chassis` and `slot`. Give each root port a chassis of its own.",
  },
  ROOT_PORT_RESERVE_CONFLICT: {
    text: () => "PCI resource reserve cap: PREF32 and PREF64 conflict",
    help: "`pref32-reserve` and `pref64-reserve` exclude each other: a bridge has one prefetchable window.",
  },
  ROOT_PORT_RESERVE_LARGE: {
    text: (name: string) => `PCI resource reserve cap: ${name} must be less than 4G`,
    help: "A reserve for a 32-bit window is 4 GiB or more.",
  },
  ROOT_PORT_AER_LOG: {
    text: (value: number) => `Invalid aer_log_max ${value}. The max number of aer log is 128`,
    help: "`aer_log_max` of a root port is above 128.",
  },
  ROOT_PORT_UNPLUG: {
    text: (port: string) => `Hot-unplug failed: unsupported by the port device '${port}'`,
    help: "The port has `hotplug=off`, so its device stays.",
  },
  ROOT_PORT_BUSY: {
    text: () => "Hot-unplug failed: guest is busy (power indicator blinking)",
    help: "The guest is in the middle of powering the slot up or down; ask again later.",
  },
  ROOT_PORT_HOTPLUG: {
    text: (bus: string) => `Bus '${bus}' does not support hotplugging`,
    help: "The port has `hotplug=off`.",
  },
});
