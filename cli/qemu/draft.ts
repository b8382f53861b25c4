import type { ActionValues, AnyPlugin, OptionValues } from "backplane";
import type { KeyValueTree } from "./keyval.ts";
import type { Messages } from "./messages.ts";
import type { Occurrence } from "./occurrence.ts";
import { OptionList, type OptionListShape } from "./option-list.ts";

/** An object or device that was given as JSON. */
export interface JsonOccurrence {
  readonly occurrence: Occurrence;
  readonly value: OptionValues;
}

/** What a monitor is put on, and how. */
export interface MonitorOccurrence {
  readonly chardev: string;
  readonly mode: "control" | "readline";
  readonly pretty: boolean;
  readonly occurrence: Occurrence;
}

const SHAPES = {
  accel: { name: "accel", implied: "accel" },
  chardev: {
    name: "chardev",
    implied: "backend",
    fields: {
      backend: "str",
      path: "str",
      "input-path": "str",
      host: "str",
      port: "str",
      fd: "str",
      localaddr: "str",
      localport: "str",
      to: "num",
      ipv4: "bool",
      ipv6: "bool",
      wait: "bool",
      server: "bool",
      delay: "bool",
      nodelay: "bool",
      reconnect: "num",
      "reconnect-ms": "num",
      telnet: "bool",
      tn3270: "bool",
      "tls-creds": "str",
      "tls-authz": "str",
      websocket: "bool",
      width: "num",
      height: "num",
      cols: "num",
      rows: "num",
      mux: "bool",
      signal: "bool",
      name: "str",
      debug: "num",
      size: "size",
      chardev: "str",
      "chardevs.0": "str",
      "chardevs.1": "str",
      "chardevs.2": "str",
      "chardevs.3": "str",
      append: "bool",
      logfile: "str",
      logappend: "bool",
      mouse: "bool",
      clipboard: "bool",
      tight: "bool",
      abstract: "bool",
    },
  },
  device: { name: "device", implied: "driver" },
  global: { name: "global", fields: { driver: "str", property: "str", value: "str" } },
  memory: { name: "memory", implied: "size", merges: true, fields: { size: "size", slots: "num", maxmem: "size" } },
  mon: { name: "mon", implied: "chardev", fields: { mode: "str", chardev: "str", pretty: "bool" } },
  msg: { name: "msg", fields: { timestamp: "bool", "guest-name": "bool" } },
  name: {
    name: "name",
    implied: "guest",
    merges: true,
    fields: { guest: "str", process: "str", "debug-threads": "bool" },
  },
  object: { name: "object", implied: "qom-type" },
  overcommit: { name: "overcommit", fields: { "mem-lock": "str", "cpu-pm": "bool" } },
  rtc: { name: "rtc", merges: true, fields: { base: "str", clock: "str", driftfix: "str" } },
  action: {
    name: "action",
    merges: true,
    fields: { shutdown: "str", reboot: "str", panic: "str", watchdog: "str" },
  },
} as const satisfies { readonly [name: string]: OptionListShape };
export type ListName = keyof typeof SHAPES;

/** Keys of -smp, of -boot, for their help. */
export const SMP_SHAPE: OptionListShape = {
  name: "smp-opts",
  implied: "cpus",
  fields: {
    cpus: "num",
    drawers: "num",
    books: "num",
    sockets: "num",
    dies: "num",
    clusters: "num",
    modules: "num",
    cores: "num",
    threads: "num",
    maxcpus: "num",
  },
};

/** What the command line has said so far. */
export class Draft {
  readonly messages: Messages;
  readonly print: (text: string) => void;
  /** Options that plugins brought along, by name. */
  readonly pluginOptions: ReadonlyMap<string, AnyPlugin>;
  readonly lists: { readonly [N in ListName]: OptionList };
  /** `-machine`, `-smp` and what else becomes a property of the machine. */
  readonly machine: KeyValueTree = {};
  readonly jsonObjects: JsonOccurrence[] = [];
  readonly jsonDevices: JsonOccurrence[] = [];
  readonly monitors: MonitorOccurrence[] = [];
  /** Occurrences of plugins' options, by option. */
  readonly forPlugins = new Map<string, Occurrence[]>();
  /** Reads `-readconfig`; there when somebody wants it. */
  readConfigFile: ((draft: Draft, occurrence: Occurrence) => void) | undefined;
  cpuModel: string | undefined;
  uuid: string | undefined;
  paused = false;
  preconfig = false;
  daemonize = false;
  defaults = true;
  pidFile: string | undefined;
  logItems: string | undefined;
  logFile: string | undefined;
  nographic = false;
  /** `-monitor` was given, be it `none`. */
  hasMonitor = false;
  /** `-vga`, the last. */
  vga: string | undefined;
  /** `-net`, `-nic` or `-netdev` was given: the default network card is not wanted. */
  network = false;
  /** Character devices, or `none`, of `-serial` and of `-parallel`, by port. */
  readonly serials: string[] = [];
  readonly parallels: string[] = [];
  /** `-msg guest-name=on`: messages begin with the guest's name. */
  guestNames = false;
  /** `-device help` and its kin are answered when everything has been read. */
  deviceHelp: string | undefined;
  readonly actions: Partial<ActionValues> = {};
  compatMonitors = 0;
  /** `-qtest`, the last: what the test protocol's client is on. */
  qtest: Occurrence | undefined;
  qtestLog: string | undefined;

  constructor(messages: Messages, print: (text: string) => void, pluginOptions: ReadonlyMap<string, AnyPlugin>) {
    this.messages = messages;
    this.print = print;
    this.pluginOptions = pluginOptions;
    const entries = Object.entries(SHAPES).map(
      ([name, shape]) => [name, new OptionList(shape, messages, print)] as const,
    );
    this.lists = Object.fromEntries(entries) as { readonly [N in ListName]: OptionList };
  }
}
