import { defineErrors } from "backplane";

export const pvpanicErrors = defineErrors({
  PVPANIC_TWICE: {
    text: () => "duplicate fw_cfg file name: etc/pvpanic-port",
    help: "A machine can have one ISA panic device: the firmware finds its port by one fw_cfg file.",
  },
});
