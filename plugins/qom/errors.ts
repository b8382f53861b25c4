import { defineErrors } from "backplane";

export const qomPluginErrors = defineErrors({
  DEVICE_CLASS_UNKNOWN: {
    text: (name: string) => `Device '${name}' not found`,
    help: "`device-list-properties` names a type that does not exist.",
    errorClass: "DeviceNotFound",
  },
  CLASS_UNKNOWN: {
    text: (name: string) => `Class '${name}' not found`,
    help: "`qom-list-properties` names a type that does not exist.",
    errorClass: "DeviceNotFound",
  },
  TYPE_NOT_CONCRETE_DEVICE: {
    text: () => "Parameter 'typename' expects a non-abstract device type",
    help: "`device-list-properties` names a type that is no device, or of which no device can be made.",
  },
  TYPE_NOT_OBJECT: {
    text: () => "Parameter 'typename' expects a QOM type",
    help: "`qom-list-properties` names an interface.",
  },
  VALUE_JSON: {
    text: (message: string) => message,
    help: "`qom-set -j` was given something that is no JSON.",
  },
});
