import { defineErrors } from "backplane";

export const inputErrors = defineErrors({
  INPUT_NOT_RUNNING: {
    text: () => "VM not running",
    help: "Events can only be sent to a guest that runs.",
  },
  INPUT_HANDLER_MISSING: {
    text: (kind: string) => `Input handler not found for event type ${kind}`,
    help: "No device of the machine takes such events.",
  },
  INPUT_DISPLAY: {
    text: (device: string) => `Device '${device}' not found`,
    help: "An event names a display that the machine does not have.",
    errorClass: "DeviceNotFound",
  },
});
