import { parseSize, type GlobalProperty, type MachineDefinition, type MachineType } from "backplane";
import type { ChardevDefinition } from "backplane/plugins/chardev/contract";
import { CPUS } from "backplane/plugins/x86-cpu/contract";
import { chooseAccelerator, type Accelerator } from "./accelerator.ts";
import { readChardev } from "./chardev-option.ts";
import { deviceDefinitions, objectDefinitions } from "./component-option.ts";
import { addDefaultPorts } from "./default-devices.ts";
import type { Draft } from "./draft.ts";
import { commandLineErrors } from "./errors.ts";
import {
  dashed,
  findType,
  machineProperties,
  mergeMemory,
  readMemory,
  readTopology,
  subtree,
} from "./machine-option.ts";
import type { KeyValueTree } from "./keyval.ts";
import { qtestChardev, readMons } from "./monitor-option.ts";
import { at, originOf } from "./occurrence.ts";
import { valueOf } from "./option-list.ts";
import { readPluginOptions } from "./plugin-options.ts";
import { addDefaultTerminal } from "./port-option.ts";

/** The machine that a command line describes. Faults come in the peer's order of making it. */
export function toDefinition(
  draft: Draft,
  types: readonly MachineType[],
): { readonly definition: MachineDefinition; readonly type: MachineType; readonly accelerator: Accelerator } {
  refuseEarlyStream(draft);
  const clock = readRtc(draft);
  mergeMemory(draft);
  const type = selectType(draft, types);
  refuseTerminal(draft);
  addDefaultTerminal(
    draft,
    type.plugins.some(({ id }) => id === "isa-serial"),
  );
  addDefaultPorts(draft, type);
  const qtest = readQtest(draft);
  const chardevs = readChardevs(draft);
  readMons(draft);
  refuseSharedMonitors(draft);
  const tree = dashed(draft.machine);
  const memory = readMemory(subtree(tree, "memory"), backendSize(draft, tree) ?? type.defaultMemory);
  const topology = readTopology(subtree(tree, "smp"));
  const properties = machineProperties(tree);
  const accelerators = tree["accel"];
  const accelerator = chooseAccelerator(draft, typeof accelerators === "string" ? accelerators : undefined);
  const hasProcessors = type.plugins.some(({ provides }) => provides?.includes(CPUS) === true);
  if (!hasProcessors) refuseProcessors(draft, type, topology);
  const name = valueOf(draft.lists.name.groups[0], "guest");
  const definition: MachineDefinition = {
    ...(name === undefined ? {} : { name }),
    ...(draft.uuid === undefined ? {} : { uuid: draft.uuid }),
    machine: { type: type.name, properties, form: "keyval" },
    memory,
    cpu: { topology, ...(draft.cpuModel === undefined ? {} : { model: draft.cpuModel }) },
    plugins: [],
    objects: objectDefinitions(draft),
    devices: deviceDefinitions(draft),
    globals: readGlobals(draft),
    actions: draft.actions,
    options: {
      ...readPluginOptions(draft, type),
      ...(type.plugins.some(({ id }) => id === "isa") ? { isa: { value: clock } } : {}),
      chardev: { value: { devices: chardevs } },
      qmp: { value: { monitors: readMonitors(draft, "control") } },
      hmp: { value: { monitors: readMonitors(draft, "readline") } },
      ...qtest,
    },
    preconfig: draft.preconfig,
    paused: draft.paused,
  };
  return { definition, type, accelerator };
}

/** What comes before the machine exists has nowhere to go. */
function refuseEarlyStream(draft: Draft): void {
  const incoming = draft.forPlugins.get("incoming")?.at(-1);
  if (draft.preconfig && incoming !== undefined && incoming.argument !== "defer") {
    throw commandLineErrors.INCOMING_PRECONFIG();
  }
}

/** A machine without a terminal can have nothing on it. */
function refuseTerminal(draft: Draft): void {
  if (!draft.daemonize) return;
  if (draft.preconfig) throw commandLineErrors.DAEMON_PRECONFIG();
  const wantsTerminal = draft.defaults && (draft.serials.length === 0 || draft.parallels.length === 0);
  if (draft.nographic && wantsTerminal) throw commandLineErrors.NOGRAPHIC_DAEMON();
}

/** Without `-m` there is as much memory as the backend has that was named for it. */
function backendSize(draft: Draft, tree: KeyValueTree): number | undefined {
  const { groups } = draft.lists.object;
  const size = valueOf(
    groups.find(({ id }) => id !== undefined && id === tree["memory-backend"]),
    "size",
  );
  return size === undefined ? undefined : parseSize(size);
}

function readChardevs(draft: Draft): ChardevDefinition[] {
  const chardevs: ChardevDefinition[] = [];
  for (const group of draft.lists.chardev.groups) {
    at(group.occurrence, () => {
      const backend = readChardev(group);
      if (backend.backend === "stdio" && draft.daemonize) throw commandLineErrors.CHARDEV_STDIO_DAEMON();
      const isTaken = backend.backend === "stdio" && chardevs.some((other) => other.backend === "stdio");
      if (isTaken) throw commandLineErrors.CHARDEV_STDIO_TAKEN();
      chardevs.push({ id: group.id ?? "", origin: originOf(group.occurrence), ...backend });
    });
  }
  return chardevs;
}

/** The peer's is `pc`, which does not exist here. */
const DEFAULT_TYPE = "q35";

function selectType(draft: Draft, types: readonly MachineType[]): MachineType {
  const given = draft.machine["type"];
  const name = typeof given === "string" ? given : DEFAULT_TYPE;
  const type = findType(types, name);
  if (type === undefined) throw commandLineErrors.MACHINE_UNKNOWN(name);
  return type;
}

/** The monitors of one kind. */
function readMonitors(draft: Draft, wanted: "control" | "readline") {
  return draft.monitors
    .filter(({ mode }) => mode === wanted)
    .map(({ chardev, pretty, occurrence }) => ({
      chardev,
      origin: originOf(occurrence),
      ...(wanted === "control" ? { pretty } : {}),
    }));
}

/** A device takes one monitor, unless it is shared. */
function refuseSharedMonitors(draft: Draft): void {
  const taken = new Set<string>();
  for (const { chardev, occurrence } of draft.monitors) {
    const group = draft.lists.chardev.find(chardev);
    const isShared = valueOf(group, "mux") === "on" || valueOf(group, "backend") === "mux";
    if (taken.has(chardev) && !isShared)
      throw commandLineErrors.MONITOR_CHARDEV_TAKEN(chardev).from(originOf(occurrence));
    taken.add(chardev);
  }
}

/** The test protocol's client, and the log of what it says. */
function readQtest(draft: Draft): MachineDefinition["options"] {
  const { qtest, qtestLog } = draft;
  if (qtest === undefined) return {};
  const value = { chardev: qtestChardev(draft, qtest), ...(qtestLog === undefined ? {} : { log: qtestLog }) };
  return { qtest: { value, origin: originOf(qtest) } };
}

/** A machine type without processors can only be given as many as it has. */
function refuseProcessors(draft: Draft, type: MachineType, topology: MachineDefinition["cpu"]["topology"]): void {
  const count = topology.maxcpus ?? topology.cpus ?? 1;
  if (count === 0) throw commandLineErrors.CPU_ZERO();
  if (count < 0 || count > type.maxCpus) throw commandLineErrors.CPU_COUNT(count, type.name, type.maxCpus);
  if (draft.cpuModel === "") throw commandLineErrors.CPU_EMPTY();
  if (draft.cpuModel !== undefined) throw commandLineErrors.CPU_MODEL(draft.cpuModel);
}

/** A device of the peer that is none here: its properties are parameters that monitors change. */
const MIGRATION = "migration";

function readGlobals(draft: Draft): GlobalProperty[] {
  return draft.lists.global.groups.map((group) => {
    const driver = valueOf(group, "driver") ?? "";
    const origin = originOf(group.occurrence);
    if (driver === MIGRATION) throw commandLineErrors.OPTION_VALUE_UNAVAILABLE(`a global of '${driver}'`).from(origin);
    return { driver, property: valueOf(group, "property") ?? "", value: valueOf(group, "value") ?? "", origin };
  });
}

/** The guest's clock: unless somebody says, in UTC, and by the host's. */
function readRtc(draft: Draft): { readonly rtc: { readonly base: string; readonly clock: string } } {
  const group = draft.lists.rtc.groups[0];
  const base = valueOf(group, "base") ?? "utc";
  const clock = valueOf(group, "clock") ?? "host";
  const fix = valueOf(group, "driftfix") ?? "none";
  const isDate = /^\d{4}-\d{1,2}-\d{1,2}(T\d{1,2}:\d{1,2}:\d{1,2})?$/.test(base);
  if (base !== "utc" && base !== "localtime" && !isDate) throw commandLineErrors.RTC_DATE();
  if (!["host", "rt", "vm"].includes(clock)) throw commandLineErrors.RTC_CLOCK(clock);
  if (!["none", "slew"].includes(fix)) throw commandLineErrors.RTC_CLOCK(fix);
  if (fix !== "none") throw commandLineErrors.OPTION_VALUE_UNAVAILABLE(`-rtc driftfix=${fix}`);
  return { rtc: { base, clock } };
}
