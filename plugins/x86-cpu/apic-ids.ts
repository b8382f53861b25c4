// APIC ids: Intel SDM volume 3A §10.9. Every level of the topology has a bit field, wide enough for its largest number.
import type { CpuTopology, PossibleCpu } from "./contract.ts";

function width(count: number): number {
  return Math.ceil(Math.log2(count));
}

/** Places in topology order; the first `cpus` of them are occupied. */
export function possibleCpus(topology: CpuTopology): PossibleCpu[] {
  const { threads, cores, modules, dies } = topology;
  const shifts = { core: width(threads), module: 0, die: 0, socket: 0 };
  shifts.module = shifts.core + width(cores);
  shifts.die = shifts.module + width(modules);
  shifts.socket = shifts.die + width(dies);
  return Array.from({ length: topology.maxCpus }, (_, index) => {
    const threadId = index % threads;
    const coreId = Math.floor(index / threads) % cores;
    const moduleId = Math.floor(index / (threads * cores)) % modules;
    const dieId = Math.floor(index / (threads * cores * modules)) % dies;
    const socketId = Math.floor(index / (threads * cores * modules * dies));
    const apicId =
      threadId +
      coreId * 2 ** shifts.core +
      moduleId * 2 ** shifts.module +
      dieId * 2 ** shifts.die +
      socketId * 2 ** shifts.socket;
    return { index, apicId, socketId, dieId, moduleId, coreId, threadId, present: index < topology.cpus };
  });
}
