import {
  alignUp,
  COMMANDS,
  definePlugin,
  HOST_MAPPING_NOTIFIERS,
  LIFECYCLE,
  MACHINE,
  QOM,
  RAM_BLOCK_NOTIFIERS,
  type MachineDefinition,
  type PluginMachine,
} from "backplane";
import { ACPI_TABLES } from "backplane/plugins/acpi/contract";
import { FW_CFG, FW_CFG_KEYS } from "backplane/plugins/fw-cfg/contract";
import { MEMORY_BACKENDS, type MemoryBackend } from "backplane/plugins/memory-backend/contract";
import { CPUS } from "backplane/plugins/x86-cpu/contract";
import { contributeAcpi } from "./acpi.ts";
import { numaCommandLine } from "./command-line.ts";
import { NumaConfiguration, type NumaSurroundings } from "./configuration.ts";
import { NUMA } from "./contract.ts";
import { numaItem } from "./fw-cfg-item.ts";
import { applyOptions } from "./given-options.ts";
import { NOTIFIER_POLICIES, type NotifierPolicyName } from "./notifier-policy.ts";
import { MachineNuma } from "./numa.ts";
import { queryNotifiers } from "./query-notifiers.ts";
import { queryNuma } from "./query-numa.ts";
import { addSetNumaNode } from "./set-numa-node.ts";
import { numaOptions, type NumaOptions } from "./options.ts";

/** RAM comes in pairs of pages; a definition without maxmem says its size again, before the rounding. */
const RAM_GRANULE = 8192;

function roundedMemory({ size, slots, maxSize }: MachineDefinition["memory"]): NumaSurroundings["memory"] {
  const rounded = alignUp(size, RAM_GRANULE);
  return { size: rounded, slots, maxSize: maxSize === size ? rounded : maxSize };
}

/** By its id, or by a path of the object tree, whole or in part. */
function backendAt(machine: PluginMachine, path: string): MemoryBackend | undefined {
  const backends = machine.optional(MEMORY_BACKENDS);
  const id = /^\/objects\/([^/]+)$/.exec(machine.use(QOM).find(path)?.path ?? "")?.[1];
  return backends?.find(path) ?? (id === undefined ? undefined : backends?.find(id));
}

/** What the machine's registry tells is chosen here, where the peer has the registry itself. */
function governNotifiers(machine: PluginMachine, policy: NotifierPolicyName): void {
  const notifiers = machine.use(RAM_BLOCK_NOTIFIERS);
  notifiers.govern(NOTIFIER_POLICIES[policy]);
  machine.own(machine.use(COMMANDS).add(queryNotifiers(notifiers, machine.use(HOST_MAPPING_NOTIFIERS))));
}

export default definePlugin<NumaOptions>({
  id: "numa",
  apiVersion: 1,
  summary: "NUMA nodes: memory, processors, distances, memory attributes; what RAM block notifiers are told",
  requires: [CPUS],
  uses: [MEMORY_BACKENDS, FW_CFG, ACPI_TABLES],
  provides: [NUMA],
  options: numaOptions,
  commandLine: numaCommandLine,
  attach(machine, options) {
    const { definition, log } = machine;
    governNotifiers(machine, options.notifiers);
    const { properties } = machine.use(MACHINE);
    const cpus = machine.use(CPUS);
    const configuration = new NumaConfiguration({
      cpus,
      backend: (path) => backendAt(machine, path),
      memory: roundedMemory(definition.memory),
      hmat: properties.bool("hmat"),
      log,
    });
    const numa = new MachineNuma(configuration);
    addSetNumaNode(machine, configuration);
    machine.provideValue(NUMA, numa);
    machine.own(machine.use(COMMANDS).add(queryNuma(numa, machine.use(COMMANDS))));
    machine.own(cpus.useNodes((index) => numa.assignedNode(index)));
    contributeAcpi(machine, numa);
    const lifecycle = machine.use(LIFECYCLE);
    const origin = definition.options["numa"]?.origin;
    machine.own(lifecycle.on("objects", () => applyOptions(configuration, options, origin)));
    machine.own(
      lifecycle.on("board", () => {
        numa.complete();
        machine.optional(FW_CFG)?.addBytes(FW_CFG_KEYS.numa, numaItem(numa, cpus));
      }),
    );
  },
});
