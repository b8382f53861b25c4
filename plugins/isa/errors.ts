import { defineErrors } from "backplane";

export const isaErrors = defineErrors({
  ISA_BUS_MISSING: {
    text: (driver: string) => `No 'ISA' bus found for device '${driver}'`,
    help: "An ISA device was made on a machine without an ISA bus, or before the bridge.",
  },
  ISA_BUS_TWICE: {
    text: () => "Can't create a second ISA bus",
    help: "Two bridges of one machine make an ISA bus.",
  },
  ISA_IRQ_RANGE: {
    text: (irq: number) => `Maximum value for "irq" is: 15, not ${irq}`,
    help: "ISA interrupts are 0 to 15.",
  },
  IRQ_RANGE: {
    text: (name: string) => `Maximum value for "${name}" is: 15`,
    help: "An interrupt of a device on the ISA bus is above 15.",
  },
  PS2_DEVICE: {
    text: (driver: string) => `the device '${driver}' is not the one of the plugin isa`,
    help: "A plugin has registered another device under the name of the keyboard or the mouse.",
  },
  BOOT_DRIVES: {
    text: () => "Too many boot devices for PC",
    help: "`-boot order=` and `once=` name three drives at most.",
  },
  BOOT_DRIVE: {
    text: (drive: string) => `Invalid boot device for PC: '${drive}'`,
    help: "A PC boots from a and b (floppies), c (disk), d (CD) and n (network).",
  },
  RTC_BASE: {
    text: (value: string) =>
      `invalid datetime format\nvalid formats: '2006-06-17T16:01:21' or '2006-06-17' (not '${value}')`,
    help: "The option `rtc.base` of the plugin `isa` is neither `utc` nor a date.",
  },
});
