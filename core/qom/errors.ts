import { defineErrors } from "../errors.ts";

export const qomErrors = defineErrors({
  QOM_NOT_FOUND: {
    text: (path: string) => `Device '${path}' not found`,
    help: "No object of the machine has that path.",
    errorClass: "DeviceNotFound",
  },
  QOM_AMBIGUOUS: {
    text: (path: string) => `Path '${path}' is ambiguous`,
    help: "Several objects have paths that end so; write more of the path.",
  },
  QOM_PROPERTY_MISSING: {
    text: (type: string, name: string) => `Property '${type}.${name}' not found`,
    help: "The object has no property of that name.",
  },
  QOM_NOT_READABLE: {
    text: (type: string, name: string) => `Property '${type}.${name}' is not readable`,
    help: "The property can only be written.",
  },
  QOM_NOT_WRITABLE: {
    text: (type: string, name: string) => `Property '${type}.${name}' is not writable`,
    help: "The property can only be read.",
  },
  QOM_REALIZED: {
    text: (name: string, id: string, type: string) =>
      `Attempt to set property '${name}' on device '${id}' (type '${type}') after it was realized`,
    help: "A device's properties are settled when it is plugged.",
  },
  QOM_REALIZED_ANONYMOUS: {
    text: (name: string, type: string) =>
      `Attempt to set property '${name}' on anonymous device (type '${type}') after it was realized`,
    help: "A device's properties are settled when it is plugged.",
  },
  QOM_DUPLICATE: {
    text: (name: string, type: string) => `attempt to add duplicate property '${name}' to object (type '${type}')`,
    help: "Two properties or children of an object have the same name.",
  },
});
