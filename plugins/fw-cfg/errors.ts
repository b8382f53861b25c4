import { defineErrors } from "backplane";

export const fwCfgErrors = defineErrors({
  FW_CFG_FILE_DUPLICATE: {
    text: (name: string) => `duplicate fw_cfg file name: ${name}`,
    help: "Two fw_cfg files have the same name: a file given with -fw_cfg must not take the name of one that the machine has.",
  },
  FW_CFG_FILES_FULL: {
    text: (name: string, slots: number) => `no room for the fw_cfg file ${name}: the directory has ${slots} slots`,
    help: "The directory of fw_cfg files has a fixed number of slots and all are taken. Give fewer files with -fw_cfg.",
  },
  FW_CFG_NAME_TOO_LONG: {
    text: (max: number) => `name too long (max. ${max} char)`,
    help: "The name of an fw_cfg file does not fit into its directory entry.",
  },
  FW_CFG_KEY_TAKEN: {
    text: (key: number) => `the fw_cfg item 0x${key.toString(16)} is added twice`,
    help: "Two plugins add an fw_cfg item under the same fixed key.",
  },
  FW_CFG_KEY_INVALID: {
    text: (key: number) => `there is no fw_cfg item 0x${key.toString(16)} to add or change`,
    help: "A plugin used a key that lies outside of the device's items, or changed a number that nobody added.",
  },
  FW_CFG_USER_FILE: {
    text: () => "name, plus exactly one of file, string and gen_id, are needed",
    help: "-fw_cfg needs a name and one source for the contents.",
  },
  FW_CFG_USER_FILE_UNREADABLE: {
    text: (path: string, reason: string) => `can't load ${path}: Failed to open file “${path}”: ${reason}`,
    help: "The file that -fw_cfg names cannot be read.",
  },
  FW_CFG_GENERATOR_UNKNOWN: {
    text: (id: string) => `Cannot find object ID '${id}'`,
    help: "-fw_cfg gen_id= names an object that does not exist. Objects that generate fw_cfg contents are not modelled.",
  },
  FW_CFG_GENERATOR_KIND: {
    text: (id: string) => `Object ID '${id}' is not a 'fw_cfg-data-generator' subclass`,
    help: "-fw_cfg gen_id= names an object that cannot generate fw_cfg contents.",
  },
  FW_CFG_OPTION: {
    text: (name: string) => `Invalid parameter '${name}'`,
    help: "-fw_cfg was given a parameter that it does not have.",
  },
  BOOT_OPTION: {
    text: (name: string) => `Parameter 'boot.${name}' is unexpected`,
    help: "-boot was given a parameter that it does not have.",
  },
  BOOT_VALUE: {
    text: (name: string, expected: string) => `Parameter 'boot.${name}' expects ${expected}`,
    help: "A parameter of -boot has the wrong type.",
  },
  BOOT_DEVICE: {
    text: (letter: string) => `Invalid boot device '${letter}'`,
    help: "The boot order is a string of device letters from a to p.",
  },
  BOOT_DEVICE_TWICE: {
    text: (letter: string) => `Boot device '${letter}' was given twice`,
    help: "A boot device occurs twice in the boot order.",
  },
  BOOT_SPLASH_TIME: {
    text: () => "splash-time is invalid,it should be a value between 0 and 65535",
    help: "-boot splash-time= is out of its range (milliseconds).",
  },
  BOOT_REBOOT_TIMEOUT: {
    text: () => "reboot timeout is invalid,it should be a value between -1 and 65535",
    help: "-boot reboot-timeout= is out of its range (milliseconds; -1 for never).",
  },
  BOOT_SPLASH_MISSING: {
    text: (path: string) => `failed to find file '${path}'`,
    help: "The picture of -boot splash= cannot be read; the firmware then shows none.",
  },
  BOOT_SPLASH_FORMAT: {
    text: (path: string) => `splash file '${path}' format not recognized; must be JPEG or 24 bit BMP`,
    help: "The picture of -boot splash= is none that the firmware could show.",
  },
  UUID_INVALID: {
    text: () => "failed to parse UUID string: wrong format",
    help: "-uuid takes 32 hexadecimal digits in groups of 8-4-4-4-12.",
  },
});
