import { defineErrors } from "backplane";

export const smbiosErrors = defineErrors({
  SMBIOS_OPTION_KIND: {
    text: () => "Must specify type= or file=",
    help: "-smbios takes the fields of one type of structure, or a file with whole structures.",
  },
  SMBIOS_TYPE_RANGE: {
    text: () => "out of range!",
    help: "Types of SMBIOS structures end at 127.",
  },
  SMBIOS_TYPE_UNKNOWN: {
    text: (type: number) => `Don't know how to build fields for SMBIOS type ${type}`,
    help: "The fields of this type of structure cannot be given. A file with a whole structure can.",
  },
  SMBIOS_UNSUPPORTED: {
    text: (what: string) => `${what} is not supported yet`,
    help: "The peer has this option of -smbios; Backplane does not have it yet.",
  },
  SMBIOS_FIELD: {
    text: (name: string) => `Invalid parameter '${name}'`,
    help: "The type of structure has no such field.",
  },
  SMBIOS_VALUE: {
    text: (name: string, expected: string) => `Parameter '${name}' expects ${expected}`,
    help: "The value of an SMBIOS field has the wrong type.",
  },
  SMBIOS_VALUE_LARGE: {
    text: (name: string, value: string) => `Value '${value}' is too large for parameter '${name}'`,
    help: "The value of an SMBIOS field has more than 64 bits.",
  },
  SMBIOS_RELEASE: {
    text: () => "Invalid release",
    help: "The BIOS release is two numbers with a dot: 1.16.",
  },
  SMBIOS_UUID: {
    text: () => "Invalid UUID",
    help: "The system's UUID is no UUID. Write it as 8-4-4-4-12 hexadecimal digits.",
  },
  SMBIOS_SPEED: {
    text: () => "SMBIOS CPU speed is too large (> 65535)",
    help: "A processor's speed is at most 65535 MHz.",
  },
  SMBIOS_FILE: {
    text: (path: string) => `Cannot read SMBIOS file ${path}`,
    help: "A file with an SMBIOS structure cannot be read, or is shorter than a header.",
  },
  SMBIOS_FILE_AFTER_FIELDS: {
    text: (type: number) => `can't load type ${type} struct, fields already specified!`,
    help: "A type of structure was given both by its fields and as a file.",
  },
  SMBIOS_FIELDS_AFTER_FILE: {
    text: () => "can't add fields, binary file already loaded!",
    help: "A type of structure was given both as a file and by its fields.",
  },
  SMBIOS_STRING_FILE: {
    text: (path: string, reason: string) => `Could not open '${path}': ${reason}`,
    help: "A file with an OEM string cannot be opened.",
  },
  SMBIOS_STRING_FILE_READ: {
    text: (path: string, reason: string) => `Unable to read from ${path}: ${reason}`,
    help: "A file with an OEM string cannot be read.",
  },
  SMBIOS_STRING_NUL: {
    text: (path: string) => `NUL in OEM strings value in ${path}`,
    help: "An OEM string ends at a NUL, so its file cannot have one.",
  },
  SMBIOS_PROCESSORS: {
    text: () =>
      "SMBIOS 2.0 doesn't support number of processor cores/threads more than 255, use -machine smbios-entry-point-type=64 option to enable SMBIOS 3.0 support",
    help: "A 32-bit entry point was asked for, and its structures cannot count a socket's processors.",
  },
  SMBIOS_LENGTH: {
    text: (length: number, limit: number) => `SMBIOS 2.1 table length ${length} exceeds ${limit}`,
    help: "A 32-bit entry point was asked for, and its 16-bit length is too small for the tables.",
  },
});
