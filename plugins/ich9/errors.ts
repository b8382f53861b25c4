import { defineErrors } from "backplane";

export const ich9Errors = defineErrors({
  ICH9_MISSING: {
    text: () => "the machine has no ICH9-LPC (yet)",
    help: "A plugin asks for the LPC bridge before the machine's devices were made, or the machine type does not list `ICH9-LPC`.",
  },
  ICH9_SMI_FEATURES: {
    text: () => "cpu hot-unplug requires cpu hot-plug",
    help: "`x-smi-cpu-hotunplug=on` of the device `ICH9-LPC` needs `x-smi-cpu-hotplug=on`.",
  },
  PCI_HOTPLUG_BUS: {
    text: () => "Unsupported bus. Bus doesn't have property 'acpi-pcihp-bsel' set",
    help: "ACPI hot-plug works on buses that were there when the machine started; this one came later.",
  },
});
