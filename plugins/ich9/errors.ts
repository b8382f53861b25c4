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
  CPU_PLUG_SMI: {
    text: () => "cpu hotplug with SMI wasn't enabled by firmware",
    help: "The firmware has asked for system management interrupts that reach all processors, and cannot take in new ones.",
    hints: ["update machine type to newer than 5.1 and firmware that suppors CPU hotplug with SMM"],
  },
  CPU_UNPLUG_SMI: {
    text: () => "cpu hot-unplug with SMI wasn't enabled by firmware",
    help: "The firmware has asked for system management interrupts that reach all processors, and cannot let one go.",
    hints: [
      "update machine type to a version having x-smi-cpu-hotunplug=on and firmware that supports CPU hot-unplug with SMM",
    ],
  },
  UNPLUG_UNSUPPORTED: {
    text: (type: string) => `acpi: device unplug request for not supported device type: ${type}`,
    help: "A guest can let a processor go when it has changed over to the newer CPU hot-plug registers.",
  },
  PCI_HOTPLUG_BUS: {
    text: () => "Unsupported bus. Bus doesn't have property 'acpi-pcihp-bsel' set",
    help: "ACPI hot-plug works on buses that were there when the machine started; this one came later.",
  },
});
