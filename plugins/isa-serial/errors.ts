import { defineErrors } from "backplane";

export const serialErrors = defineErrors({
  SERIAL_PORTS: {
    text: (most: number) => `Max. supported number of ISA serial ports is ${most}.`,
    help: "There is no such serial port: `index` counts from 0, and every port takes an index of its own.",
  },
  SERIAL_CHARDEV_UNKNOWN: {
    text: (id: string) => `Property 'serial.chardev' can't find value '${id}'`,
    help: "`chardev` of `isa-serial` names no character device.",
  },
  SERIAL_CHARDEV_IN_USE: {
    text: (id: string) => `Property 'serial.chardev' can't take value '${id}': chardev '${id}' is already in use`,
    help: "The character device is used by something else already.",
  },
});
