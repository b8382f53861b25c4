import {
  PEER_VERSION,
  q,
  type Commands,
  type JsonObject,
  type MachineDefinition,
  type MachineInfo,
  type MachineType,
} from "backplane";
import type { AddCommand } from "./add-command.ts";
import { SYSTEM_TARGET } from "./system-target.ts";
import { monitorCommandErrors } from "./errors.ts";

/** The UUID of a machine that was given none. */
export const NO_UUID = "00000000-0000-0000-0000-000000000000";

const COMPATIBILITY = { unstable: ["compat-props"] };

const MACHINE_INFO = q.struct(
  "MachineInfo",
  {
    name: q.str,
    "alias?": q.str,
    "is-default?": q.bool,
    "cpu-max": q.int,
    "hotpluggable-cpus": q.bool,
    "numa-mem-supported": q.bool,
    deprecated: q.bool,
    "default-cpu-type?": q.str,
    "default-ram-id?": q.str,
    acpi: q.bool,
    "compat-props?": q.array(q.struct("CompatProperty", { "qom-type": q.str, property: q.str, value: q.str })),
  },
  COMPATIBILITY,
);

/** Commands that tell what this executable and this machine are. */
export function identity(
  add: AddCommand,
  definition: MachineDefinition,
  machine: MachineInfo,
  commands: Commands,
): void {
  add({
    name: "query-version",
    summary: "The version that the executable claims to be",
    arguments: q.none,
    result: q.struct("VersionInfo", {
      qemu: q.struct("VersionTriple", { major: q.int, minor: q.int, micro: q.int }),
      package: q.str,
    }),
    preconfig: true,
    run: () => ({ qemu: PEER_VERSION.qemu, package: PEER_VERSION.package }),
  });
  add({
    name: "query-name",
    summary: "The guest's name",
    arguments: q.none,
    result: q.struct("NameInfo", { "name?": q.str }),
    preconfig: true,
    run: () => ({ name: definition.name }),
  });
  add({
    name: "query-uuid",
    summary: "The guest's UUID",
    arguments: q.none,
    result: q.struct("UuidInfo", { UUID: q.str }),
    preconfig: true,
    run: () => ({ UUID: definition.uuid ?? NO_UUID }),
  });
  add({
    name: "query-kvm",
    summary: "Whether the guest runs on KVM; it never does",
    arguments: q.none,
    result: q.struct("KvmInfo", { enabled: q.bool, present: q.bool }),
    run: () => ({ enabled: false, present: false }),
  });
  add({
    name: "query-target",
    summary: "The architecture of the guest",
    arguments: q.none,
    result: q.struct("TargetInfo", { arch: SYSTEM_TARGET }),
    run: () => ({ arch: "x86_64" }),
  });
  add({
    name: "query-commands",
    summary: "All commands of the monitor",
    arguments: q.none,
    result: q.array(q.struct("CommandInfo", { name: q.str })),
    preconfig: true,
    run: () => commands.all().map(({ name }) => ({ name })),
  });
  add({
    name: "query-machines",
    summary: "The machine types that there are",
    arguments: q.struct("q_obj_query-machines-arg", { "compat-props?": q.bool }, COMPATIBILITY),
    result: q.array(MACHINE_INFO),
    run({ "compat-props": wanted = false }) {
      if (wanted) throw monitorCommandErrors.COMPAT_PROPERTIES();
      return machine.types.map(machineInfo);
    },
  });
}

function machineInfo(type: MachineType): JsonObject {
  return {
    name: type.name,
    alias: type.aliases?.[0],
    "cpu-max": type.maxCpus,
    "hotpluggable-cpus": type.defaultCpuType !== undefined,
    "numa-mem-supported": type.quirks?.includes("numa-node-memory") === true,
    deprecated: type.deprecated === true,
    "default-cpu-type": type.defaultCpuType,
    "default-ram-id": type.defaultRamId,
    acpi: Object.hasOwn(type.properties, "acpi"),
  };
}
