// `-smp`: which levels were given, what the others come to, what cannot be (QEMU manual, "-smp").
import type { CpuTopologyRequest, MachineType } from "backplane";
import type { CpuTopology } from "./contract.ts";
import { cpuErrors } from "./errors.ts";

/** Levels that only other architectures have. */
const FOREIGN = ["clusters", "books", "drawers"] as const;
const LEVELS = ["sockets", "dies", "modules", "cores", "threads"] as const;

/** Numbers are 32 bits wide; what is larger loses its upper bits, as in the peer. */
function given(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Number(BigInt.asUintN(32, BigInt(value)));
}

function refuseZerosAndForeignLevels(request: CpuTopologyRequest): void {
  if (Object.values(request).includes(0)) throw cpuErrors.CPU_TOPOLOGY_ZERO();
  for (const level of FOREIGN) {
    if ((request[level] ?? 1) > 1) throw cpuErrors.CPU_TOPOLOGY_LEVEL(level);
  }
}

/**
 * Completes a request: levels that were left out are 1, except that cores (or else sockets, or else threads) take up
 * what maxcpus leaves over.
 */
export function completeTopology(
  request: CpuTopologyRequest,
  machine: Pick<MachineType, "name" | "maxCpus" | "quirks">,
): CpuTopology {
  refuseZerosAndForeignLevels(request);
  const dies = given(request.dies) ?? 1;
  const modules = given(request.modules) ?? 1;
  const total = given(request.maxcpus) ?? given(request.cpus);
  const rest = (...levels: number[]): number =>
    total === undefined ? 1 : Math.floor(total / levels.reduce((product, level) => product * level, dies * modules));
  let sockets = given(request.sockets);
  let cores = given(request.cores);
  let threads = given(request.threads);
  if (sockets === undefined && machine.quirks?.includes("sockets-before-cores") === true) {
    cores ??= 1;
    threads ??= 1;
    sockets = rest(cores, threads);
  } else if (cores === undefined) {
    sockets ??= 1;
    threads ??= 1;
    cores = rest(sockets, threads);
  } else if (sockets === undefined) {
    threads ??= 1;
    sockets = rest(cores, threads);
  } else {
    threads ??= rest(sockets, cores);
  }
  const product = sockets * dies * modules * cores * threads;
  const maxCpus = total ?? product;
  const topology = { cpus: given(request.cpus) ?? maxCpus, maxCpus, sockets, dies, modules, cores, threads };
  check(topology, product, machine);
  return topology;
}

function check(
  topology: CpuTopology,
  product: number,
  machine: Pick<MachineType, "name" | "maxCpus" | "quirks">,
): void {
  const { cpus, maxCpus } = topology;
  const levels = LEVELS.map((level) => `${level} (${topology[level]})`).join(" * ");
  if (product !== maxCpus) throw cpuErrors.CPU_TOPOLOGY_PRODUCT(levels, maxCpus);
  if (maxCpus < cpus) throw cpuErrors.CPU_TOPOLOGY_MAXIMUM(levels, maxCpus, cpus);
  if (maxCpus > machine.maxCpus) throw cpuErrors.X86_CPU_COUNT(maxCpus, machine.name, machine.maxCpus);
}
