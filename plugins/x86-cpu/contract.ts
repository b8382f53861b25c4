/** Processors: how many, where in the topology, under which APIC ids. */
import { token } from "backplane";

/** A completed and checked topology. The product of the levels is `maxCpus`. */
export interface CpuTopology {
  readonly cpus: number;
  readonly maxCpus: number;
  readonly sockets: number;
  readonly dies: number;
  readonly modules: number;
  readonly cores: number;
  readonly threads: number;
}

/** A place for a processor, present at start or pluggable. */
export interface PossibleCpu {
  readonly index: number;
  readonly apicId: number;
  readonly socketId: number;
  readonly dieId: number;
  readonly moduleId: number;
  readonly coreId: number;
  readonly threadId: number;
  readonly present: boolean;
}

/** CPUID facts of the model. */
export interface CpuIdentity {
  readonly vendor: string;
  /** Leaf 1, EAX: family, model and stepping. */
  readonly signature: number;
  /** Leaf 1, EDX. */
  readonly features: number;
  readonly longMode: boolean;
}

/** The machine's processors; all of it is known when the plugin has been attached. */
export interface Cpus {
  readonly topology: CpuTopology;
  /** Model as `-cpu` names it, without features. */
  readonly model: string;
  /** Name of the QOM type: `max-x86_64-cpu`. */
  readonly typeName: string;
  readonly identity: CpuIdentity;
  /** In topology order: the order of MADT and SRAT. */
  readonly possible: readonly PossibleCpu[];
  /** One past the highest APIC id that the topology can give: the fw_cfg item max_cpus. */
  readonly apicIdLimit: number;
  /** Width of guest-physical addresses. */
  readonly physBits: number;
  /**
   * Makes the present processors: tells what they lack, refuses what cannot be. The board calls it when nodes are
   * complete and memory is not laid yet; where no board does, it happens at the end of the phase `board`. Once only.
   */
  start(): void;
}

export const CPUS = token<Cpus>("CPUS");
