import { defineErrors } from "backplane";

export const vmgenidErrors = defineErrors({
  VMGENID_TWICE: {
    text: () => "at most one vmgenid device is permitted",
    help: "A machine has one generation ID.",
  },
  VMGENID_GUID: {
    text: (name: string, value: string) => `Property 'vmgenid.${name}' doesn't take value '${value}'`,
    help: "guid= takes 32 hexadecimal digits in groups of 8-4-4-4-12, or auto.",
  },
  VMGENID_NO_DEVICE: {
    text: () => "VM Generation ID device not found",
    help: "query-vm-generation-id was asked of a machine without such a device.",
  },
});
