import type { Cpus, PossibleCpu } from "backplane/plugins/x86-cpu/contract";
import { numaErrors } from "./errors.ts";
import type { CpuOption } from "./option.ts";

/** Levels of the topology in the order in which the peer refuses them. */
const LEVELS = ["thread", "core", "module", "cluster", "socket", "die"] as const;
type Level = (typeof LEVELS)[number];

/** Which NUMA node every processor that the machine can have belongs to. */
export class CpuNodes {
  readonly #cpus: Cpus;
  /** By the processor's index. */
  readonly #nodes = new Map<number, number>();

  constructor(cpus: Cpus) {
    this.#cpus = cpus;
  }

  nodeOf(index: number): number | undefined {
    return this.#nodes.get(index);
  }

  has(node: number): boolean {
    return [...this.#nodes.values()].includes(node);
  }

  /** Throws `NUMA_CPU_INDEX`, `NUMA_CPU_ASSIGNED`. */
  assignIndex(index: number, node: number): void {
    const { maxCpus } = this.#cpus.topology;
    if (index >= maxCpus) throw numaErrors.NUMA_CPU_INDEX(index, maxCpus);
    this.#assign(index, node);
  }

  /** Assigns all processors that are where the option says; drawers and books are not looked at. */
  assignMatching(option: CpuOption, node: number): void {
    const unsupported = LEVELS.find((level) => option[`${level}-id`] !== undefined && !this.#tellsApart(level));
    if (unsupported !== undefined) throw numaErrors.NUMA_CPU_PROPERTY(`${unsupported}-id`);
    const matches = [...this.#cpus.possible.entries()].filter(([, cpu]) =>
      LEVELS.every((level) => {
        const wanted = option[`${level}-id`];
        return wanted === undefined || wanted === coordinate(cpu, level);
      }),
    );
    if (matches.length === 0) throw numaErrors.NUMA_CPU_NO_MATCH();
    for (const [index] of matches) this.#assign(index, node);
  }

  /**
   * Nobody was assigned: sockets take turns. Somebody was: the rest go to node 0, and are returned in the words of
   * the peer's warning.
   */
  assignRest(nodes: number): string[] {
    const anybody = this.#nodes.size > 0;
    const left: string[] = [];
    for (const [index, cpu] of this.#cpus.possible.entries()) {
      if (this.#nodes.has(index)) continue;
      this.#nodes.set(index, anybody ? 0 : cpu.socketId % nodes);
      if (anybody) left.push(`CPU ${index} [${this.#place(cpu)}]`);
    }
    return left;
  }

  #assign(index: number, node: number): void {
    const present = this.#nodes.get(index);
    if (present !== undefined && present !== node) throw numaErrors.NUMA_CPU_ASSIGNED(present);
    this.#nodes.set(index, node);
  }

  #tellsApart(level: Level): boolean {
    const { dies, modules } = this.#cpus.topology;
    if (level === "die") return dies > 1;
    if (level === "module") return modules > 1;
    return level !== "cluster";
  }

  #place(cpu: PossibleCpu): string {
    const levels: readonly Level[] = ["socket", "die", "module", "core", "thread"];
    return levels
      .filter((level) => this.#tellsApart(level))
      .map((level) => `${level}-id: ${coordinate(cpu, level)}`)
      .join(", ");
  }
}

function coordinate(cpu: PossibleCpu, level: Level): number {
  const { threadId, coreId, moduleId, socketId, dieId } = cpu;
  return { thread: threadId, core: coreId, module: moduleId, cluster: 0, socket: socketId, die: dieId }[level];
}
