// APIC ids: Intel SDM volume 3A §10.9. Every level of the topology has a bit field, wide enough for its largest number.
import type { CpuTopology } from "./contract.ts";
import { CpuPlace, type Coordinates } from "./place.ts";

function width(count: number): number {
  return Math.ceil(Math.log2(count));
}

/** Where the fields begin. */
function shiftsOf({ threads, cores, modules, dies }: CpuTopology): Coordinates {
  const core = width(threads);
  const module = core + width(cores);
  const die = module + width(modules);
  return { thread: 0, core, module, die, socket: die + width(dies) };
}

/** Places in topology order; the first `cpus` of them are occupied. */
export function possibleCpus(topology: CpuTopology): CpuPlace[] {
  const { threads, cores, modules, dies } = topology;
  return Array.from({ length: topology.maxCpus }, (_, index) => {
    const at = {
      thread: index % threads,
      core: Math.floor(index / threads) % cores,
      module: Math.floor(index / (threads * cores)) % modules,
      die: Math.floor(index / (threads * cores * modules)) % dies,
      socket: Math.floor(index / (threads * cores * modules * dies)),
    };
    return new CpuPlace(index, apicIdOf(at, topology), at, index < topology.cpus);
  });
}

export function apicIdOf(at: Coordinates, topology: CpuTopology): number {
  const shifts = shiftsOf(topology);
  const { thread, core, module, die, socket } = at;
  return (
    thread + core * 2 ** shifts.core + module * 2 ** shifts.module + die * 2 ** shifts.die + socket * 2 ** shifts.socket
  );
}

/** Where an APIC id would be, whether or not there is such a place. */
export function coordinatesOf(apicId: number, topology: CpuTopology): Coordinates {
  const shifts = shiftsOf(topology);
  const field = (from: number, to: number): number => Math.floor(apicId / 2 ** from) % 2 ** (to - from);
  return {
    thread: field(0, shifts.core),
    core: field(shifts.core, shifts.module),
    module: field(shifts.module, shifts.die),
    die: field(shifts.die, shifts.socket),
    socket: Math.floor(apicId / 2 ** shifts.socket),
  };
}
