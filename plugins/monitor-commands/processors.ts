import { q, type JsonObject } from "backplane";
import type { Numa } from "backplane/plugins/numa/contract";
import type { Cpus, PossibleCpu } from "backplane/plugins/x86-cpu/contract";
import type { AddCommand } from "./add-command.ts";

/** The peer makes a device of its own behind the first processor. */
function path({ index }: PossibleCpu): string {
  return `/machine/unattached/device[${index === 0 ? 0 : index + 1}]`;
}

/** A level is told where a package can have more than one of it. */
function place(cpus: Cpus, numa: Numa | undefined, cpu: PossibleCpu): JsonObject {
  const { dies, modules } = cpus.topology;
  const hasNodes = numa !== undefined && numa.nodes.length > 0;
  return {
    "core-id": cpu.coreId,
    "thread-id": cpu.threadId,
    ...(modules > 1 ? { "module-id": cpu.moduleId } : {}),
    ...(hasNodes ? { "node-id": numa.nodeOfCpu(cpu.index) } : {}),
    ...(dies > 1 ? { "die-id": cpu.dieId } : {}),
    "socket-id": cpu.socketId,
  };
}

/** Commands that tell of processors. */
export function processors(add: AddCommand, cpus: Cpus, numa: () => Numa | undefined): void {
  add({
    name: "query-hotpluggable-cpus",
    summary: "The places for processors, the last one first",
    arguments: q.none,
    run: () =>
      cpus.possible.toReversed().map((cpu) => ({
        props: place(cpus, numa(), cpu),
        "vcpus-count": 1,
        ...(cpu.present ? { "qom-path": path(cpu) } : {}),
        type: cpus.typeName,
      })),
  });
}
