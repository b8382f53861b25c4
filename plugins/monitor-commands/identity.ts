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
import { monitorCommandErrors } from "./errors.ts";

/** The UUID of a machine that was given none. */
export const NO_UUID = "00000000-0000-0000-0000-000000000000";

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
    preconfig: true,
    run: () => ({ qemu: PEER_VERSION.qemu, package: PEER_VERSION.package }),
  });
  add({
    name: "query-name",
    summary: "The guest's name",
    arguments: q.none,
    preconfig: true,
    run: () => ({ name: definition.name }),
  });
  add({
    name: "query-uuid",
    summary: "The guest's UUID",
    arguments: q.none,
    preconfig: true,
    run: () => ({ UUID: definition.uuid ?? NO_UUID }),
  });
  add({
    name: "query-kvm",
    summary: "Whether the guest runs on KVM; it never does",
    arguments: q.none,
    run: () => ({ enabled: false, present: false }),
  });
  add({
    name: "query-target",
    summary: "The architecture of the guest",
    arguments: q.none,
    run: () => ({ arch: "x86_64" }),
  });
  add({
    name: "query-commands",
    summary: "All commands of the monitor",
    arguments: q.none,
    preconfig: true,
    run: () => commands.all().map(({ name }) => ({ name })),
  });
  add({
    name: "query-machines",
    summary: "The machine types that there are",
    arguments: q.struct("query-machines", { "compat-props?": q.bool }),
    preconfig: true,
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
    "numa-mem-supported": false,
    deprecated: false,
    "default-cpu-type": type.defaultCpuType,
    "default-ram-id": type.defaultRamId,
    acpi: Object.hasOwn(type.properties, "acpi"),
  };
}
