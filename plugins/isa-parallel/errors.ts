import { defineErrors } from "backplane";

export const parallelErrors = defineErrors({
  PARALLEL_PORTS: {
    text: (most: number) => `Max. supported number of parallel ports is ${most}.`,
    help: "There is no such parallel port: `index` counts from 0, and every port takes an index of its own.",
  },
  PARALLEL_CHARDEV_MISSING: {
    text: () => "Can't create parallel device, empty char device",
    help: "`isa-parallel` needs `chardev`: where what the guest prints goes.",
  },
  PARALLEL_CHARDEV_UNKNOWN: {
    text: (id: string) => `Property 'isa-parallel.chardev' can't find value '${id}'`,
    help: "`chardev` of `isa-parallel` names no character device.",
  },
  PARALLEL_CHARDEV_IN_USE: {
    text: (id: string) => `Property 'isa-parallel.chardev' can't take value '${id}': chardev '${id}' is already in use`,
    help: "The character device is used by something else already.",
  },
});
