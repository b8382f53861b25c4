import { defineErrors } from "../errors.ts";

export const machineErrors = defineErrors({
  PRECONFIG_OVER: {
    text: () => "The command is permitted only before machine initialization",
    help: "x-exit-preconfig ends the pause of --preconfig; there was none, or it is over.",
  },
  PROPERTY_NOT_FOUND: {
    text: (owner: string, name: string) => `Property '${owner}.${name}' not found`,
    help: "A device, object or machine type was given a property that it does not have. `-device TYPE,help` lists them.",
  },
  PROPERTY_VALUE: {
    text: (name: string, expected: string) => `Parameter '${name}' expects ${expected}`,
    help: "A property's value has the wrong type, or is out of its range.",
  },
  PROPERTY_TYPE: {
    text: (name: string, expected: string) => `Invalid parameter type for '${name}', expected: ${expected}`,
    help: "A property was given a value of another JSON type.",
  },
  PROPERTY_REFUSED: {
    text: (owner: string, name: string, value: string) => `Property '${owner}.${name}' doesn't take value '${value}'`,
    help: "A property with a syntax of its own (an address, a UUID) was given something else.",
  },
  PROPERTY_SIZE: {
    text: (name: string) => `Parameter '${name}' expects a non-negative number below 2^64`,
    help: "A global gives a property something that is no size.",
    hints: [
      "Optional suffix k, M, G, T, P or E means kilo-, mega-, giga-, tera-, peta-",
      "and exabytes, respectively.",
    ],
  },
  PROPERTY_RANGE: {
    text: (name: string, value: string) => `Value '${value}' is out of range for parameter '${name}'`,
    help: "A global gives a property a negative size.",
  },
  PROPERTY_MISSING: {
    text: (name: string) => `Parameter '${name}' is missing`,
    help: "An object cannot be made without this property.",
  },
  PROPERTY_INVALID: {
    text: (name: string) => `Invalid parameter '${name}'`,
    help: "An object was given a property that it does not have, on a command line. `-object TYPE,help` lists them.",
  },
  PROPERTY_UNEXPECTED: {
    text: (name: string) => `Parameter '${name}' is unexpected`,
    help: "An object was given a property that it does not have.",
  },
  ID_MALFORMED: {
    text: (name: string) => `Parameter '${name}' expects an identifier`,
    help: "An id has characters that ids do not have.",
    hints: ["Identifiers consist of letters, digits, '-', '.', '_', starting with a letter."],
  },
  LINK_NOT_FOUND: {
    text: (id: string) => `Device '${id}' not found`,
    help: "A property names an object that does not exist.",
    errorClass: "DeviceNotFound",
  },
  PROPERTY_READONLY: {
    text: (owner: string, name: string) => `Property '${owner}.${name}' is not writable`,
    help: "The property says something of the device and takes no value.",
  },
  PLACE_NOT_FOUND: {
    text: (place: string) => `no object '${place}' to put a device below`,
    help: "A machine type puts a device below one that is not made.",
  },
  PROPERTY_CHOICE: {
    text: (name: string, value: string) => `Parameter '${name}' does not accept value '${value}'`,
    help: "A property that takes one of a fixed set of words was given another.",
  },
  PROPERTY_UNMODELLED: {
    text: (owner: string, name: string, fallback: string) =>
      `Property '${owner}.${name}' is not modelled yet beyond its default, ${fallback}`,
    help: "The peer has this property; what another value than the default does is not there yet, so it is refused rather than ignored.",
    advice: "leave the property out",
  },
  DEVICE_TYPE_UNKNOWN: {
    text: (driver: string) => `'${driver}' is not a valid device model name`,
    help: "No plugin of the machine has a device of that name. `-device help` lists what there is.",
  },
  OBJECT_TYPE_UNKNOWN: {
    text: (type: string) => `Parameter 'qom-type' does not accept value '${type}'`,
    help: "No plugin of the machine has an object of that type.",
  },
  DEVICE_ID_DUPLICATE: {
    text: (id: string) => `Duplicate device ID '${id}'`,
    help: "Two devices have the same id.",
  },
  OBJECT_ID_DUPLICATE: {
    text: (id: string) => `attempt to add duplicate property '${id}' to object (type 'container')`,
    help: "Two objects have the same id.",
  },
  OBJECT_NOT_FOUND: {
    text: (id: string) => `object '${id}' not found`,
    help: "An object that does not exist was to be deleted.",
  },
  OBJECT_IN_USE: {
    text: (id: string, _reason: string) => `object '${id}' is in use, can not be deleted`,
    help: "The object is used by a device; unplug that device first.",
  },
  BUS_NOT_FOUND: {
    text: (name: string) => `Bus '${name}' not found`,
    help: "A device names a bus that the machine does not have.",
  },
  BUS_KIND_MISSING: {
    text: (kind: string, driver: string) => `No '${kind}' bus found for device '${driver}'`,
    help: "A device needs a bus of a kind that the machine does not have.",
  },
  BUS_KIND_WRONG: {
    text: (driver: string, kind: string) => `Device '${driver}' can't go on ${kind} bus`,
    help: "A device was put on a bus of another kind.",
    advice: "leave 'bus' out and a fitting one is found",
  },
  DEVICE_NOT_USER_CREATABLE: {
    text: (_driver: string) => `Parameter 'driver' expects a pluggable device type`,
    help: "The device is part of a machine and cannot be added.",
  },
  MACHINE_TYPE_UNKNOWN: {
    text: (name: string) => `unsupported machine type: "${name}"`,
    help: "No machine of that name exists. `-machine help` lists them.",
    hints: ["Use -machine help to list supported machines"],
  },
  RUN_STATE_TRANSITION: {
    text: (from: string, to: string) => `invalid runstate transition: '${from}' -> '${to}'`,
    help: "The machine was asked for a run state that it cannot reach from the present one.",
  },
  NOT_SUSPENDED: {
    text: () => "Unable to wake up: guest is not in suspended state",
    help: "`system_wakeup` was asked for, and the guest does not sleep.",
  },
  WAKEUP_UNSUPPORTED: {
    text: () => "wake-up from suspend is not supported by this guest",
    help: "`system_wakeup` was asked for on a machine without power management.",
  },
  BUILD_ABORTED: {
    text: () => "the machine was given up while it was made",
    help: "Whoever makes a machine told it to stop before it was complete, for example while it waited for a monitor's client.",
  },
  TEARDOWN_FAILED: {
    text: () => "teardown failed",
    help: "Several resources failed to be released; the error lists them all.",
  },
  INTERNAL: {
    text: (text: string) => text,
    help: "An error without a code left a plugin. Its text and cause are kept.",
  },
});
