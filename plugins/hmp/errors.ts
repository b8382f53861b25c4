import { defineErrors } from "backplane";

export const hmpErrors = defineErrors({
  HUMAN_COMMAND_DUPLICATE: {
    text: (name: string) => `human command '${name}' is registered twice`,
    help: "Two plugins register the same command of the human monitor.",
  },
  HUMAN_QUERY_ABSENT: {
    text: (name: string) => `The command ${name} has not been found`,
    help: "A command of the human monitor shows what a QMP command answers that the machine does not have.",
    errorClass: "CommandNotFound",
  },
  CPU_INDEX: {
    text: () => "Parameter 'cpu-index' expects a CPU number",
    help: "`human-monitor-command` names a CPU that the machine does not have.",
  },
  DISASSEMBLER_ABSENT: {
    text: () => "instructions cannot be shown: there is no disassembler in this build",
    help: "`x` and `xp` were given the format `i`.",
  },
  DUMP_LONG: {
    text: (limit: number) => `no more than ${limit} bytes can be shown at once`,
    help: "`xp` was given a count whose text would fill the host's memory.",
  },
  HUMAN_VALUE: {
    text: (word: string) => `invalid parameter value: ${word}`,
    help: "A command of the human monitor was given a word that is none of those that it takes.",
  },
  HUMAN_SWITCH: {
    text: (name: string) => `Parameter '${name}' expects 'on' or 'off'`,
    help: "A migration parameter is a switch.",
  },
  HUMAN_BANDWIDTH: {
    text: (text: string) => `Invalid size ${text}`,
    help: "A migration parameter is a number of bytes a second.",
  },
  HUMAN_SIZE: {
    text: (name: string) => `Parameter '${name}' expects a non-negative number below 2^64`,
    help: "A migration parameter is a number.",
    hints: [
      "Optional suffix k, M, G, T, P or E means kilo-, mega-, giga-, tera-, peta-",
      "and exabytes, respectively.",
    ],
  },
  HUMAN_SIZE_RANGE: {
    text: (name: string, text: string) => `Value '${text}' is out of range for parameter '${name}'`,
    help: "A migration parameter is a number below 2^64.",
  },
  BITMAP_MAPPING: {
    text: () => "The block-bitmap-mapping parameter can only be set through QMP",
    help: "`migrate_set_parameter` sets only what is written in one word.",
  },
  CHARDEV_CHILD: {
    text: (id: string) => `attempt to add duplicate property '${id}' to object (type 'container')`,
    help: "`chardev-add` of the human monitor was given an id that is taken.",
  },
  CHARDEV_ID_UNEXPECTED: {
    text: () => "Unexpected 'id' parameter",
    help: "`chardev-change` of the human monitor has the id in front.",
  },
  USB_ABSENT: { text: () => "USB support not enabled", help: "The machine has no USB." },
  SNAPSHOT_ABSENT: {
    text: () => "no block device can store vmstate for snapshot",
    help: "No block device here keeps snapshots of a machine.",
  },
  VIRTIO_ABSENT: { text: () => "No virtio devices found", help: "The machine has no virtio devices." },
  ROCKER_ABSENT: { text: (name: string) => `rocker ${name} not found`, help: "The machine has no rocker switch." },
  REGISTERS_ABSENT: {
    text: () => "processors have no registers in this build: the firmware is a script",
    help: "`info registers` needs a processor that executes instructions.",
  },
  COLO_ABSENT: { text: () => "VM is not in COLO mode", help: "The machine is none of a COLO pair." },
  FDT_ABSENT: {
    text: () => "This machine doesn't have an FDT",
    help: "PCs have no device tree blob.",
    hints: ["(Perhaps it doesn't support FDT at all, or perhaps you need to provide an FDT with the -fdt option?)"],
  },
  XEN_EVENTS_ABSENT: {
    text: () => "Xen event channel emulation not enabled",
    help: "The machine does not emulate Xen.",
  },
  NBD_ABSENT: { text: () => "NBD server not running", help: "There is no NBD server." },
});
