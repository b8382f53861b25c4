import { defineErrors } from "backplane";

export const mchErrors = defineErrors({
  MCH_MISSING: {
    text: () => "the machine has no q35-pcihost and mch (yet)",
    help: "A plugin asks for the host bridge before the machine's devices were made, or the machine type does not list `q35-pcihost` and `mch`.",
  },
  MCH_TSEG_SIZE: {
    text: (megabytes: number) => `invalid extended-tseg-mbytes value: ${megabytes}`,
    help: "The property `extended-tseg-mbytes` of the device `mch` is above 4095.",
  },
});
