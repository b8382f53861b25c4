import { CHARDEV_KINDS } from "backplane/plugins/chardev/contract";
import { ACCELERATOR_HELP } from "./accelerator.ts";
import { addDevice, addObject } from "./component-option.ts";
import type { Draft } from "./draft.ts";
import { commandLineErrors } from "./errors.ts";
import { HelpWanted, versionText } from "./help.ts";
import { readKeyValues, type KeyValue, type KeyValueTree } from "./keyval.ts";
import { addMachine, addSmp } from "./machine-option.ts";
import { addMon, addMonitor } from "./monitor-option.ts";
import { addPort } from "./port-option.ts";
import { at, Exit, originOf, type Occurrence } from "./occurrence.ts";
import { switchValue, valueOf } from "./option-list.ts";
import { isHelp, splitPairs } from "./option-text.ts";
import { REFUSED_OPTIONS } from "./refused-options.ts";

/** An option of QEMU's that has its effect here. */
export interface OptionEntry {
  readonly takesArgument: boolean;
  /** Lines for `-help`. */
  readonly help: string;
  read(draft: Draft, occurrence: Occurrence): void;
}

const unavailable = (what: string) => commandLineErrors.OPTION_VALUE_UNAVAILABLE(what);

const withArgument = (help: string, read: OptionEntry["read"]): OptionEntry => ({ takesArgument: true, help, read });
const without = (help: string, read: OptionEntry["read"]): OptionEntry => ({ takesArgument: false, help, read });

const machine = withArgument(
  "-machine [type=]name[,prop[=value][,...]]\n                selects emulated machine ('-machine help' for list)",
  (draft, occurrence) =>
    addMachine(draft, occurrence, (type) => {
      throw new HelpWanted("machine", type);
    }),
);

const setAction = (draft: Draft, text: string, occurrence: Occurrence): void => {
  const group = draft.lists.action.add(occurrence, text);
  at(occurrence, () => {
    const word = <V extends string>(key: string, values: readonly V[]): V | undefined => {
      const value = valueOf(group, key);
      if (value === undefined) return undefined;
      const known = values.find((candidate) => candidate === value);
      if (known === undefined) throw commandLineErrors.VALUE_CHOICE(key, value);
      return known;
    };
    const { actions } = draft;
    actions.reboot = word("reboot", ["reset", "shutdown"]) ?? "reset";
    actions.shutdown = word("shutdown", ["poweroff", "pause"]) ?? "poweroff";
    actions.panic = word("panic", ["pause", "shutdown", "exit-failure", "none"]) ?? "shutdown";
    actions.watchdog =
      word("watchdog", ["reset", "shutdown", "poweroff", "pause", "debug", "none", "inject-nmi"]) ?? "reset";
  });
};

/** Where nothing but `none` is there: sounds, networks, displays. */
function onlyNone(key: string, word: KeyValue | undefined): void {
  if (typeof word === "object") throw commandLineErrors.VALUE_TYPE(key, "string");
  if (word === undefined) throw commandLineErrors.KEY_MISSING(key);
  if (word !== "none") throw commandLineErrors.VALUE_CHOICE(key, word);
}

function refuseOthers(tree: KeyValueTree, known: readonly string[]): void {
  const other = Object.keys(tree).find((key) => !known.includes(key));
  if (other !== undefined) throw commandLineErrors.KEY_UNEXPECTED(other);
}

function readTree(occurrence: Occurrence, implied: string): KeyValueTree {
  const tree: KeyValueTree = {};
  if (readKeyValues(tree, occurrence.argument, implied).help) throw commandLineErrors.HELP_UNAVAILABLE();
  return tree;
}

const DISPLAY_HELP = `Available display backend types:
none

Some display backends support suboptions, which can be set with
   -display backend,option=value,option=value...
For a short list of the suboptions for each display, see the top-level -help output; more detail is in the documentation.
`;

const VGA_NAMES: { readonly [name: string]: string } = {
  std: "Standard VGA",
  cirrus: "Cirrus VGA",
  vmware: "VMWare SVGA",
  xenfb: "Xen paravirtualized framebuffer",
  qxl: "QXL VGA",
  virtio: "Virtio VGA",
  tcx: "TCX framebuffer",
  cg3: "CG3 framebuffer",
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** All options, by name. */
export const OPTIONS: { readonly [name: string]: OptionEntry } = {
  ...REFUSED_OPTIONS,
  h: without("-h or -help     display this help and exit", () => {
    throw new HelpWanted("options", undefined);
  }),
  help: without("", () => {
    throw new HelpWanted("options", undefined);
  }),
  version: without("-version        display version information and exit", (draft) => {
    draft.print(versionText());
    throw new Exit(0);
  }),
  machine,
  M: { ...machine, help: "" },
  cpu: withArgument("-cpu cpu        select CPU", (draft, { argument }) => {
    if (isHelp(argument)) throw new HelpWanted("cpu", undefined);
    draft.cpuModel = argument;
  }),
  accel: withArgument("-accel [accel=]accelerator\n                select accelerator", (draft, occurrence) => {
    const group = draft.lists.accel.add(occurrence);
    const name = valueOf(group, "accel");
    if (name !== undefined && !isHelp(name)) return;
    draft.print(ACCELERATOR_HELP);
    throw new Exit(0);
  }),
  smp: withArgument(
    "-smp [[cpus=]n][,maxcpus=maxcpus][,sockets=sockets][,dies=dies][,modules=modules][,cores=cores][,threads=threads]\n                set the number of initial CPUs and the topology of the machine",
    addSmp,
  ),
  m: withArgument("-m [size=]megs[,slots=n,maxmem=size]\n                configure guest RAM", (draft, occurrence) => {
    draft.lists.memory.add(occurrence);
  }),
  object: withArgument(
    "-object TYPENAME[,PROP1=VALUE1,...]\n                create a new object ('-object help' for list)",
    (draft, occurrence) => {
      const wanted = addObject(draft, occurrence);
      if (wanted !== undefined) throw new HelpWanted("object", wanted);
    },
  ),
  device: withArgument(
    "-device driver[,prop[=value][,...]]\n                add device ('-device help' for list)",
    addDevice,
  ),
  global: withArgument(
    "-global driver.property=value\n                set a property of all devices of a driver",
    (draft, occurrence) => {
      const short = /^([^.=]{1,63})\.([^=]{1,63})=(.*)$/s.exec(occurrence.argument);
      const list = draft.lists.global;
      if (short === null) {
        const group = list.add(occurrence);
        const isComplete = ["driver", "property", "value"].every((key) => valueOf(group, key) !== undefined);
        if (!isComplete) throw commandLineErrors.GLOBAL_INCOMPLETE().from(originOf(occurrence));
        return;
      }
      const [, driver = "", property = "", value = ""] = short;
      const pairs = Object.entries({ driver, property, value }).map(([key, each]) => ({ key, value: each }));
      list.groups.push({ id: undefined, pairs, occurrence });
    },
  ),
  set: withArgument(
    "-set group.id.arg=value\n                set <arg> parameter for item <id> of type <group>",
    (draft, occurrence) => {
      at(occurrence, () => {
        const match = /^([^.]{1,63})\.([^.]{1,63})\.([^=]{1,63})=(.*)$/s.exec(occurrence.argument);
        if (match === null) throw commandLineErrors.GLOBAL_SYNTAX(occurrence.argument);
        const [, group = "", id = "", key = "", value = ""] = match;
        const list = Object.values(draft.lists).find(({ shape }) => shape.name === group);
        if (["object", "audiodev", "machine", "smp-opts", "boot-opts"].includes(group))
          throw commandLineErrors.SET_UNSUPPORTED(group);
        if (list === undefined) throw commandLineErrors.SET_GROUP(group);
        const found = list.find(id);
        if (found === undefined) throw commandLineErrors.SET_NOTHING(group, id);
        list.set(found, { key, value });
      });
    },
  ),
  S: without("-S              freeze CPU at startup (use 'cont' to start execution)", (draft) => {
    draft.paused = true;
  }),
  preconfig: without("--preconfig     pause QEMU before machine is initialized (experimental)", (draft) => {
    draft.preconfig = true;
  }),
  daemonize: without("-daemonize      daemonize QEMU after initializing", (draft) => {
    draft.daemonize = true;
  }),
  nodefaults: without("-nodefaults     don't create default devices", (draft) => {
    draft.defaults = false;
  }),
  "no-user-config": without("-no-user-config do not load user-provided config files; there are none", () => undefined),
  chardev: withArgument(
    "-chardev stdio|socket|file|pipe|ringbuf|mux|null,id=id[,...]\n                a character device ('-chardev help' for list)",
    (draft, occurrence) => {
      const group = draft.lists.chardev.add(occurrence);
      const backend = valueOf(group, "backend");
      if (backend === undefined || !isHelp(backend)) return;
      draft.print(`Available chardev backend types: \n${CHARDEV_KINDS.map((name) => `  ${name}\n`).join("")}`);
      throw new Exit(0);
    },
  ),
  qmp: withArgument("-qmp dev        like -monitor but opens in 'control' mode", (draft, occurrence) =>
    addMonitor(draft, occurrence, "control"),
  ),
  "qmp-pretty": withArgument("-qmp-pretty dev like -qmp but uses pretty JSON formatting", (draft, occurrence) =>
    addMonitor(draft, occurrence, "control", true),
  ),
  monitor: withArgument(
    "-monitor dev|none\n                a monitor for people on a character device",
    (draft, occurrence) => {
      draft.hasMonitor = true;
      if (!occurrence.argument.startsWith("none")) addMonitor(draft, occurrence, "readline");
    },
  ),
  mon: withArgument("-mon [chardev=]name[,mode=readline|control][,pretty[=on|off]]", addMon),
  serial: withArgument(
    "-serial dev|none\n                a serial port on a character device; mon:dev shares it with a monitor",
    (draft, occurrence) => addPort(draft, "serial", occurrence),
  ),
  parallel: withArgument("-parallel none  no parallel port", (draft, occurrence) =>
    addPort(draft, "parallel", occurrence),
  ),
  display: withArgument("-display none   no display", (draft, occurrence) => {
    if (isHelp(occurrence.argument)) {
      draft.print(DISPLAY_HELP);
      throw new Exit(0);
    }
    at(occurrence, () => {
      const { type, ...others } = readTree(occurrence, "type");
      onlyNone("type", type);
      refuseOthers(others, []);
    });
  }),
  nographic: without("-nographic      disable graphical output", (draft) => {
    draft.nographic = true;
  }),
  vga: withArgument("-vga none       no graphics card", (draft, { argument }) => {
    if (argument === "none") {
      draft.vga = argument;
      return;
    }
    const [word = ""] = argument.split(",");
    const name = Object.hasOwn(VGA_NAMES, word) ? VGA_NAMES[word] : undefined;
    throw name === undefined ? commandLineErrors.VGA_UNKNOWN(argument) : commandLineErrors.VGA_UNAVAILABLE(name);
  }),
  net: withArgument("-net none       no network", (draft, occurrence) => {
    draft.network = true;
    at(occurrence, () => noNetwork(occurrence.argument));
  }),
  nic: withArgument("-nic none       no network", (draft, occurrence) => {
    draft.network = true;
    at(occurrence, () => noNetwork(occurrence.argument));
  }),
  audio: withArgument("-audio none     no sound", (draft, occurrence) => {
    at(occurrence, () => {
      const { driver, ...others } = readAudio(draft, occurrence);
      onlyNone("driver", driver);
      refuseOthers(others, ["id"]);
    });
  }),
  audiodev: withArgument("-audiodev none,id=id\n                no sound", (draft, occurrence) => {
    at(occurrence, () => {
      const { driver, id, ...others } = readAudio(draft, occurrence);
      if (id === undefined) throw commandLineErrors.KEY_MISSING("id");
      onlyNone("driver", driver);
      refuseOthers(others, []);
    });
  }),
  name: withArgument(
    "-name string1[,process=string2]\n                set the name of the guest; string1 sets the name, string2 that of the process",
    (draft, occurrence) => {
      draft.lists.name.add(occurrence);
    },
  ),
  uuid: withArgument("-uuid %08x-%04x-%04x-%04x-%012x\n                specify machine UUID", (draft, occurrence) => {
    if (!UUID.test(occurrence.argument)) throw commandLineErrors.UUID().from(originOf(occurrence));
    draft.uuid = occurrence.argument.toLowerCase();
  }),
  action: withArgument(
    "-action reboot=reset|shutdown\n-action shutdown=poweroff|pause\n                what to do when the guest reboots or shuts down",
    (draft, occurrence) => setAction(draft, occurrence.argument, occurrence),
  ),
  "no-reboot": without("-no-reboot      exit instead of rebooting", (draft, occurrence) =>
    setAction(draft, "reboot=shutdown", occurrence),
  ),
  "no-shutdown": without("-no-shutdown    stop before shutdown", (draft, occurrence) =>
    setAction(draft, "shutdown=pause", occurrence),
  ),
  "watchdog-action": withArgument(
    "-watchdog-action reset\n                action when watchdog fires",
    (draft, occurrence) => setAction(draft, `watchdog=${occurrence.argument}`, occurrence),
  ),
  "enable-kvm": without("", (draft) => {
    draft.machine["accel"] = "kvm";
  }),
  rtc: withArgument(
    "-rtc [base=utc][,clock=host]\n                the date of the guest's clock",
    (draft, occurrence) => {
      draft.lists.rtc.add(occurrence);
    },
  ),
  overcommit: withArgument("-overcommit [mem-lock=off][,cpu-pm=off]", (draft, occurrence) => {
    const group = draft.lists.overcommit.add(occurrence);
    const lock = valueOf(group, "mem-lock") ?? "off";
    if (!["on", "off", "on-fault"].includes(lock)) throw commandLineErrors.MEM_LOCK().from(originOf(occurrence));
    const pm = switchValue("cpu-pm", valueOf(group, "cpu-pm") ?? "off");
    if (lock !== "off" || pm) throw unavailable(occurrence.argument).from(originOf(occurrence));
  }),
  msg: withArgument(
    "-msg [timestamp=on|off][,guest-name=on|off]\n                control error message format",
    (draft, occurrence) => {
      const group = draft.lists.msg.add(occurrence);
      draft.messages.timestamps =
        valueOf(group, "timestamp") !== undefined && switchValue("timestamp", valueOf(group, "timestamp") ?? "");
      draft.guestNames =
        valueOf(group, "guest-name") !== undefined && switchValue("guest-name", valueOf(group, "guest-name") ?? "");
    },
  ),
  d: withArgument("-d guest_errors log what the guest does wrong", (draft, { argument }) => {
    draft.logItems = argument;
  }),
  D: withArgument("-D logfile      output log to logfile (default stderr)", (draft, { argument }) => {
    draft.logFile = argument;
  }),
  qtest: withArgument(
    "-qtest CHR      control the machine by the test protocol on a character device",
    (draft, occurrence) => {
      draft.qtest = occurrence;
    },
  ),
  "qtest-log": withArgument(
    "-qtest-log LOG  log of the test protocol (default stderr; none: no log)",
    (draft, { argument }) => {
      draft.qtestLog = argument;
    },
  ),
  pidfile: withArgument("-pidfile file   write PID to 'file'", (draft, { argument }) => {
    draft.pidFile = argument;
  }),
  readconfig: withArgument("-readconfig <file>\n                read config file", (draft, occurrence) => {
    draft.readConfigFile?.(draft, occurrence);
  }),
};

/** A network may be named with the words that it has none. */
function noNetwork(text: string): void {
  const pairs = splitPairs(text, "type");
  const type = pairs.findLast(({ key }) => key === "type")?.value;
  if (type === undefined) throw commandLineErrors.KEY_MISSING("type");
  onlyNone("type", type);
  const other = pairs.find(({ key }) => key !== "type" && key !== "id");
  if (other !== undefined) throw commandLineErrors.KEY_INVALID(other.key);
}

/** Reads `-audio` and `-audiodev`, whose help lists what there is. */
function readAudio(draft: Draft, occurrence: Occurrence): KeyValueTree {
  const tree: KeyValueTree = {};
  const { help } = readKeyValues(tree, occurrence.argument, "driver");
  if (!help) return tree;
  draft.print("Available audio drivers:\nnone\n");
  throw new Exit(0);
}
