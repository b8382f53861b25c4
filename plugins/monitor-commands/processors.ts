import { q, type JsonObject } from "backplane";
import type { Numa } from "backplane/plugins/numa/contract";
import type { Cpus, PossibleCpu } from "backplane/plugins/x86-cpu/contract";
import type { AddCommand } from "./add-command.ts";
import { monitorCommandErrors } from "./errors.ts";
import { CPUS_FAST, HOTPLUGGABLE_CPUS } from "./cpu-schema.ts";

/** Commands that tell of processors, on machines that have some. */
export function processors(add: AddCommand, cpus: Cpus, numa: Numa | undefined): void {
  add({
    name: "query-cpus-fast",
    summary: "The processors that are there",
    arguments: q.none,
    result: CPUS_FAST,
    run: () =>
      cpus.possible
        .filter(({ present }) => present)
        .map((cpu) => ({
          "cpu-index": cpu.index,
          "qom-path": cpu.path ?? "",
          // All processors are interpreted by the process's own thread.
          "thread-id": process.pid,
          props: cpus.hasPlaces ? place(cpu, cpus, numa) : undefined,
          target: "x86_64",
        })),
  });
  add({
    name: "query-hotpluggable-cpus",
    summary: "The places for processors, and who is there",
    arguments: q.none,
    result: HOTPLUGGABLE_CPUS,
    preconfig: true,
    run() {
      if (!cpus.hasPlaces) throw monitorCommandErrors.CPU_HOTPLUG_UNSUPPORTED();
      return cpus.possible.toReversed().map((cpu) => ({
        type: cpus.typeName,
        "vcpus-count": 1,
        props: place(cpu, cpus, numa),
        "qom-path": cpu.path,
      }));
    },
  });
}

/** Where a processor is: levels of the topology that have one member are not told, except those that every PC has. */
function place(cpu: PossibleCpu, { topology }: Cpus, numa: Numa | undefined): JsonObject {
  return {
    "node-id": numa?.assignedNode(cpu.index),
    "socket-id": cpu.socketId,
    "die-id": topology.dies > 1 ? cpu.dieId : undefined,
    "module-id": topology.modules > 1 ? cpu.moduleId : undefined,
    "core-id": cpu.coreId,
    "thread-id": cpu.threadId,
  };
}
