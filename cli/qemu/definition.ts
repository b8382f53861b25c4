import { parseSize, type GlobalProperty, type MachineDefinition, type MachineType } from "backplane";
import type { ChardevDefinition } from "backplane/plugins/chardev/contract";
import { CPUS } from "backplane/plugins/x86-cpu/contract";
import { chooseAccelerator } from "./accelerator.ts";
import { readChardev } from "./chardev-option.ts";
import { deviceDefinitions, objectDefinitions } from "./component-option.ts";
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
import { readMons } from "./monitor-option.ts";
import { at, originOf } from "./occurrence.ts";
import { valueOf } from "./option-list.ts";
import { readPluginOptions } from "./plugin-options.ts";

/** The machine that a command line describes. Faults come in the peer's order of making it. */
export function toDefinition(
  draft: Draft,
  types: readonly MachineType[],
): { readonly definition: MachineDefinition; readonly type: MachineType } {
  checkRtc(draft);
  mergeMemory(draft);
  const type = selectType(draft, types);
  const chardevs = readChardevs(draft);
  readMons(draft);
  const tree = dashed(draft.machine);
  const memory = readMemory(subtree(tree, "memory"), backendSize(draft, tree) ?? type.defaultMemory);
  const topology = readTopology(subtree(tree, "smp"));
  const properties = machineProperties(tree);
  const accelerators = tree["accel"];
  chooseAccelerator(draft, typeof accelerators === "string" ? accelerators : undefined);
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
    actions: { reboot: draft.rebootAction, shutdown: draft.shutdownAction },
    options: {
      ...readPluginOptions(draft, type),
      chardev: { value: { devices: chardevs } },
      qmp: { value: { monitors: readMonitors(draft) } },
    },
    paused: draft.paused,
  };
  return { definition, type };
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
      const isTaken = backend.backend === "stdio" && chardevs.some((other) => other.backend === "stdio");
      if (isTaken) throw commandLineErrors.CHARDEV_STDIO_TAKEN();
      chardevs.push({ id: group.id ?? "", origin: originOf(group.occurrence), ...backend });
    });
  }
  return chardevs;
}

function selectType(draft: Draft, types: readonly MachineType[]): MachineType {
  const name = draft.machine["type"];
  if (typeof name !== "string") throw commandLineErrors.MACHINE_MISSING();
  const type = findType(types, name);
  if (type === undefined) throw commandLineErrors.MACHINE_UNKNOWN(name);
  return type;
}

/** Monitors for humans come later; on a device that goes nowhere there is nothing to be missed. */
function readMonitors(draft: Draft) {
  const taken = new Set<string>();
  return draft.monitors
    .filter(({ mode, chardev, occurrence }) => {
      if (taken.has(chardev)) throw commandLineErrors.MONITOR_CHARDEV_TAKEN(chardev).from(originOf(occurrence));
      taken.add(chardev);
      if (mode === "control") return true;
      const group = draft.lists.chardev.find(chardev);
      if (group !== undefined && valueOf(group, "backend") !== "null") {
        throw commandLineErrors.OPTION_VALUE_UNAVAILABLE("a monitor in readline mode").from(originOf(occurrence));
      }
      return group === undefined;
    })
    .map(({ chardev, pretty, occurrence }) => ({ chardev, pretty, origin: originOf(occurrence) }));
}

/** A machine type without processors can only be given as many as it has. */
function refuseProcessors(draft: Draft, type: MachineType, topology: MachineDefinition["cpu"]["topology"]): void {
  const count = topology.maxcpus ?? topology.cpus ?? 1;
  if (count === 0) throw commandLineErrors.CPU_ZERO();
  if (count < 0 || count > type.maxCpus) throw commandLineErrors.CPU_COUNT(count, type.name, type.maxCpus);
  if (draft.cpuModel === "") throw commandLineErrors.CPU_EMPTY();
  if (draft.cpuModel !== undefined) throw commandLineErrors.CPU_MODEL(draft.cpuModel);
}

/** What the peer has globals for besides devices. */
const OTHER_CLASSES = /^(?:migration|memory-backend.*|.*-x86_64-cpu|.*-machine|.*-accel)$/;

function readGlobals(draft: Draft): GlobalProperty[] {
  return draft.lists.global.groups.map((group) => {
    const driver = valueOf(group, "driver") ?? "";
    const origin = originOf(group.occurrence);
    if (OTHER_CLASSES.test(driver))
      throw commandLineErrors.OPTION_VALUE_UNAVAILABLE(`a global of '${driver}'`).from(origin);
    return { driver, property: valueOf(group, "property") ?? "", value: valueOf(group, "value") ?? "", origin };
  });
}

/** The guest's clock runs in UTC, by the host's. */
function checkRtc(draft: Draft): void {
  const group = draft.lists.rtc.groups[0];
  const base = valueOf(group, "base") ?? "utc";
  const clock = valueOf(group, "clock") ?? "host";
  const fix = valueOf(group, "driftfix") ?? "none";
  const isDate = /^\d{4}-\d{1,2}-\d{1,2}(T\d{1,2}:\d{1,2}:\d{1,2})?$/.test(base);
  if (base !== "utc" && base !== "localtime" && !isDate) throw commandLineErrors.RTC_DATE();
  if (!["host", "rt", "vm"].includes(clock)) throw commandLineErrors.RTC_CLOCK(clock);
  if (!["none", "slew"].includes(fix)) throw commandLineErrors.RTC_CLOCK(fix);
  if (base !== "utc") throw commandLineErrors.OPTION_VALUE_UNAVAILABLE(`-rtc base=${base}`);
  if (clock !== "host") throw commandLineErrors.OPTION_VALUE_UNAVAILABLE(`-rtc clock=${clock}`);
  if (fix !== "none") throw commandLineErrors.OPTION_VALUE_UNAVAILABLE(`-rtc driftfix=${fix}`);
}
