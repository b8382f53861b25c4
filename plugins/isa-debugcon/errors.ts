import { defineErrors } from "backplane";

export const debugconErrors = defineErrors({
  DEBUGCON_CHARDEV_MISSING: {
    text: () => "Can't create debugcon device, empty char device",
    help: "`isa-debugcon` needs `chardev`: where the guest's bytes go.",
  },
  DEBUGCON_CHARDEV_UNKNOWN: {
    text: (id: string) => `Property 'isa-debugcon.chardev' can't find value '${id}'`,
    help: "`chardev` of `isa-debugcon` names no character device.",
  },
  DEBUGCON_CHARDEV_IN_USE: {
    text: (id: string) => `Property 'isa-debugcon.chardev' can't take value '${id}', it's in use`,
    help: "The character device is used by something else already.",
  },
});
