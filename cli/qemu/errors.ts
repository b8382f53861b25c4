import { defineErrors } from "backplane";

const SUFFIXES = [
  "Optional suffix k, M, G, T, P or E means kilo-, mega-, giga-, tera-, peta-",
  "and exabytes, respectively.",
];

/** What is wrong with a command line, in the peer's words. */
export const commandLineErrors = defineErrors({
  OPTION_UNKNOWN: { text: () => "invalid option", help: "QEMU has no option of that name." },
  OPTION_ARGUMENT: { text: () => "requires an argument", help: "The option is the last word of the command line." },
  OPTION_UNAVAILABLE: {
    text: () => "Option not supported in this build",
    help: "QEMU has the option, and Backplane does not have it yet.",
  },
  OPTION_FOREIGN: {
    text: () => "Option not supported for this target",
    help: "QEMU has the option for other architectures.",
  },
  KERNEL_ALONE: {
    text: (option: string) => `-${option} only allowed with -kernel option`,
    help: "The option belongs to a kernel that is started without a boot loader.",
  },
  SEED: { text: (text: string) => `Invalid seed number: ${text}`, help: "-seed takes a number." },
  OPTION_VALUE_UNAVAILABLE: {
    text: (what: string) => `${what} is not supported in this build`,
    help: "QEMU has this form of the option, and Backplane does not have it yet.",
  },
  JSON: { text: (message: string) => message, help: "An option that may be given as JSON is no JSON." },
  KEY_INVALID: {
    text: (key: string) => `Invalid parameter '${key}'`,
    help: "The option has no key of that name, or it is no name.",
  },
  KEY_MISSING: { text: (key: string) => `Parameter '${key}' is missing`, help: "The option needs that key." },
  KEY_UNEXPECTED: {
    text: (key: string) => `Parameter '${key}' is unexpected`,
    help: "The option has no key of that name.",
  },
  KEY_LONG: {
    text: (what: string, key: string) => `Parameter${what} '${key}' is too long`,
    help: "A key has more than 127 characters.",
  },
  KEY_EQUALS: {
    text: (key: string) => `Expected '=' after parameter '${key}'`,
    help: "A key of this option stands without a value.",
  },
  KEY_INCONSISTENT: {
    text: (path: string) => `Parameters '${path}*' used inconsistently`,
    help: "A key is given a value and members, or members and elements.",
  },
  MEMBER_TYPE: {
    text: (key: string) => `Invalid parameter type for '${key}', expected: object`,
    help: "A key of -machine that has members was given a value.",
  },
  KEY_MERGE: {
    text: (path: string) => `Parameter '${path}' used inconsistently`,
    help: "Two occurrences of an option use a key in different ways.",
  },
  KEY_ELEMENT: {
    text: (path: string) => `Parameter '${path}' missing`,
    help: "The elements of a list are not numbered without gaps.",
  },
  KEY_CONFLICT: {
    text: (key: string, other: string) => `Conflict between '${key}' and '${other}'`,
    help: "A key is given with underscores and with hyphens.",
  },
  VALUE_EXPECTED: {
    text: (key: string, expected: string) => `Parameter '${key}' expects ${expected}`,
    help: "The value of a key has the wrong form.",
  },
  VALUE_CHOICE: {
    text: (key: string, value: string) => `Parameter '${key}' does not accept value '${value}'`,
    help: "A key that takes one of a fixed set of words was given another.",
  },
  VALUE_SIZE: {
    text: (key: string) => `Parameter '${key}' expects a non-negative number below 2^64`,
    help: "The value of a key is not a size.",
    hints: SUFFIXES,
  },
  VALUE_RANGE: {
    text: (key: string, value: string) => `Value '${value}' is out of range for parameter '${key}'`,
    help: "A size is negative or too large.",
  },
  VALUE_LARGE: {
    text: (key: string, value: string) => `Value '${value}' is too large for parameter '${key}'`,
    help: "A number has more than 64 bits.",
  },
  ID_DUPLICATE: {
    text: (id: string, list: string) => `Duplicate ID '${id}' for ${list}`,
    help: "Two occurrences of an option have the same id.",
  },
  HELP_UNAVAILABLE: { text: () => "Help is not available for this option", help: "The option has no help of its own." },
  MACHINE_MISSING: {
    text: () => "No machine specified, and there is no default",
    help: "A machine type must be named with -machine.",
    hints: ["Use -machine help to list supported machines"],
  },
  MACHINE_UNKNOWN: {
    text: (name: string) => `unsupported machine type: "${name}"`,
    help: "No machine type of that name exists.",
    hints: ["Use -machine help to list supported machines"],
  },
  ACCELERATOR_INVALID: {
    text: (name: string) => `invalid accelerator ${name}`,
    help: "The accelerator is none of those that this executable has.",
  },
  ACCELERATOR_PROPERTY: {
    text: (key: string) => `Property 'tcg-accel.${key}' not found`,
    help: "The accelerator has no property of that name.",
  },
  ACCELERATOR_THREAD: {
    text: (value: string) => `Invalid 'thread' setting ${value}`,
    help: "-accel tcg,thread= is single or multi.",
  },
  ACCELERATOR_NONE: {
    text: () => "no accelerator found",
    help: "None of the accelerators that were named is available.",
  },
  ACCELERATOR_CONFLICT: {
    text: () => 'The -accel and "-machine accel=" options are incompatible',
    help: "The accelerator is named in two ways.",
  },
  MEMORY_SLOTS_WITHOUT_MAXIMUM: { text: () => "slots specified but no max-size", help: "-m slots= needs maxmem=." },
  MEMORY_SLOTS: {
    text: (slots: bigint) => `unsupported amount of memory slots: ${slots}`,
    help: "-m slots= is negative.",
  },
  MEMORY_MAXIMUM_SMALL: {
    text: (maximum: number, size: number) =>
      `invalid value of maxmem: maximum memory size (0x${maximum.toString(16)}) must be at least the initial memory size (0x${size.toString(16)})`,
    help: "-m maxmem= is less than the memory that the machine starts with.",
  },
  MEMORY_SLOTS_WITHOUT_ROOM: {
    text: (maximum: number, size: number) =>
      `invalid value of maxmem: memory slots were specified but maximum memory size (0x${maximum.toString(16)}) is equal to the initial memory size (0x${size.toString(16)})`,
    help: "-m slots= makes sense only where maxmem= leaves room.",
  },
  UUID: {
    text: () => "failed to parse UUID string: wrong format",
    help: "-uuid takes eight, four, four, four and twelve hexadecimal digits with hyphens between them.",
  },
  CPU_COUNT: {
    text: (count: number, machine: string, maximum: number) =>
      `Invalid SMP CPUs ${count}. The max CPUs supported by machine '${machine}' is ${maximum}`,
    help: "The machine type does not allow as many processors.",
  },
  CPU_ZERO: {
    text: () => "Invalid CPU topology: CPU topology parameters must be greater than zero",
    help: "-smp asks for no processors.",
  },
  CPU_EMPTY: { text: () => "-cpu option cannot be empty", help: "-cpu needs the name of a model." },
  CPU_MODEL: {
    text: (model: string) => `unable to find CPU model '${model}'`,
    help: "The machine type has no processor, of whatever model.",
  },
  QTEST_CHARDEV: {
    text: (text: string) => `Failed to initialize device for qtest: "${text}"`,
    help: "The character device of -qtest cannot be read, or does not exist.",
  },
  MONITOR_PARSE: {
    text: (text: string) => `parse error: ${text}`,
    help: "What a monitor is to be connected to cannot be read.",
  },
  MONITOR_CHARDEV_TAKEN: {
    text: (id: string) => `chardev '${id}' is already in use`,
    help: "Two monitors are put on one character device.",
  },
  CHARDEV_STDIO_TAKEN: {
    text: () => "cannot use stdio by multiple character devices",
    help: "Standard input and output can belong to one character device only.",
  },
  CHARDEV_DRIVER: {
    text: (name: string) => `'${name}' is not a valid char driver`,
    help: "There is no character device of that kind.",
  },
  MONITOR_PRETTY: { text: () => "'pretty' is not compatible with HMP monitors", help: "pretty= is for QMP monitors." },
  CHARDEV_STDIO_DAEMON: {
    text: () => "cannot use stdio with -daemonize",
    help: "A machine that leaves its terminal cannot talk to it.",
  },
  NOGRAPHIC_DAEMON: {
    text: () => "-nographic cannot be used with -daemonize",
    help: "-nographic puts ports and monitors on the terminal, which the machine leaves.",
  },
  DAEMON_PRECONFIG: {
    text: () => "-daemonize with --preconfig is not supported in this build",
    help: "The process that starts a machine waits until it is made, and nobody could say that it be made.",
  },
  CONFIG_FILE: { text: () => "parse error", help: "A line of a file of -readconfig is neither a group nor a value." },
  CONFIG_FILE_GROUP: {
    text: () => "no group defined",
    help: "A value stands ahead of the first group in a file of -readconfig.",
  },
  GLOBAL_INCOMPLETE: {
    text: () => "options 'driver', 'property', and 'value' are required",
    help: "-global lacks a part.",
  },
  SET_UNSUPPORTED: {
    text: (group: string) => `-set is not supported with ${group}`,
    help: "-set works with groups that are lists of options.",
  },
  VALUE_TYPE: {
    text: (key: string, expected: string) => `Invalid parameter type for '${key}', expected: ${expected}`,
    help: "A member of an option that was given as JSON has the wrong type.",
  },
  GLOBAL_SYNTAX: { text: (text: string) => `can't parse: "${text}"`, help: "-set takes group.id.key=value." },
  SET_NOTHING: {
    text: (group: string, id: string) => `there is no ${group} "${id}" defined`,
    help: "-set names something that no earlier option defined.",
  },
  SET_GROUP: {
    text: (group: string) => `There is no option group '${group}'`,
    help: "-set names a group that cannot be set.",
  },
  PIDFILE: {
    text: (path: string, reason: string) => `cannot create PID file: Could not create '${path}': ${reason}`,
    help: "The file of -pidfile cannot be written.",
  },
  LOGFILE: {
    text: (path: string, reason: string) => `Error opening logfile ${path}: ${reason}`,
    help: "The file of -D cannot be written.",
  },
  OPTION_FILE_OPEN: {
    text: (path: string, reason: string) => `Could not open '${path}': ${reason}`,
    help: "A file that the command line names cannot be read.",
  },
  MEM_LOCK: {
    text: () => "parameter 'mem-lock' expects one of 'on', 'off', 'on-fault'",
    help: "-overcommit mem-lock= has another value.",
  },
  DEVICE_HELP: {
    text: (driver: string) => `Device '${driver}' not found`,
    help: "-device TYPE,help names a device that does not exist.",
  },
  INCOMING_PRECONFIG: {
    text: () => "'preconfig' supports '-incoming defer' only",
    help: "-preconfig stops before the machine exists into which a migration could come.",
  },
  VGA_UNKNOWN: { text: (name: string) => `unknown vga type: ${name}`, help: "-vga names no kind of graphics card." },
  VGA_UNAVAILABLE: {
    text: (name: string) => `${name} not available`,
    help: "Backplane does not have that graphics card.",
  },
  RTC_DATE: {
    text: () => "invalid datetime format",
    help: "-rtc base= is no date.",
    hints: ["valid formats: '2006-06-17T16:01:21' or '2006-06-17'"],
  },
  RTC_CLOCK: {
    text: (value: string) => `invalid option value '${value}'`,
    help: "-rtc clock= is none of host, rt and vm.",
  },
  SERIAL: {
    text: (text: string) => `could not connect serial device to character backend '${text}'`,
    help: "-serial names no character device.",
  },
  PARALLEL: {
    text: (text: string) => `could not connect parallel device to character backend '${text}'`,
    help: "-parallel names no character device.",
  },
  FW_CFG_ABSENT: {
    text: () => "fw_cfg device not available",
    help: "The machine type has no fw_cfg device for the files of -fw_cfg.",
  },
  NUMA_ABSENT: {
    text: () => "NUMA is not supported by this machine-type",
    help: "The machine type has no NUMA nodes.",
  },
});
