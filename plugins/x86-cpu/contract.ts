/** Processors: how many, where in the topology, under which APIC ids. */
import { token, type Disposable, type MemoryRegion } from "backplane";

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

/** A place for a processor, present at start or pluggable. Processors come and go; the place stays. */
export interface PossibleCpu {
  readonly index: number;
  readonly apicId: number;
  readonly socketId: number;
  readonly dieId: number;
  readonly moduleId: number;
  readonly coreId: number;
  readonly threadId: number;
  /** A processor is there, or will be when the machine has started its processors. */
  readonly present: boolean;
  /** The processor's place in the object tree, while one is there. */
  readonly path: string | undefined;
  /** Its id, if it was given one. */
  readonly id: string | undefined;
}

/** The chipset's registers through which processors are plugged while the machine runs. */
export interface CpuController {
  /** Throws why no processor can be plugged now. */
  beforePlug(): void;
  /** A processor has come since the registers are there. If the machine was running, the guest is to be told. */
  plugged(cpu: PossibleCpu, isHotplugged: boolean): void;
  /** The guest is to let a processor go, and then calls `Cpus.remove`. Throws why it cannot be asked. */
  requestUnplug(cpu: PossibleCpu, typeName: string): void;
}

/** CPUID facts of the model. */
export interface CpuIdentity {
  readonly vendor: string;
  /** Leaf 1, EAX: family, model and stepping. */
  readonly signature: number;
  /** Leaf 1, EDX. */
  readonly features: number;
  readonly longMode: boolean;
  /** APIC ids of 32 bits. */
  readonly x2apic: boolean;
}

/** The machine's processors; all of it is known when the plugin has been attached. */
export interface Cpus {
  readonly topology: CpuTopology;
  /** Model as `-cpu` names it, without features. */
  readonly model: string;
  /** Name of the QOM type: `max-x86_64-cpu`. */
  readonly typeName: string;
  readonly identity: CpuIdentity;
  /** In topology order: the order of MADT and SRAT. Empty on a machine without processors. */
  readonly possible: readonly PossibleCpu[];
  /** Processors can be plugged: the machine has a topology that they have places in. */
  readonly hasPlaces: boolean;
  /** Hears of every processor that comes: at the start of the machine, and later. */
  onPlug(listener: (cpu: PossibleCpu) => void): Disposable;
  /** … and that goes. */
  onUnplug(listener: (cpu: PossibleCpu) => void): Disposable;
  /** Takes a processor out, because the guest has let it go. */
  remove(cpu: PossibleCpu): void;
  /** There is at most one. */
  useController(controller: CpuController): Disposable;
  /** Says which node a processor's place belongs to; undefined where there are no nodes. */
  useNodes(nodeOf: (index: number) => number | undefined): Disposable;
  /** The processors have local APICs, which take the messages of devices. */
  readonly hasLocalApic: boolean;
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

/** `-cpu help`. Loaded when somebody wants it. */
export async function cpuHelpText(): Promise<string> {
  return (await import("./expansion.ts")).cpuHelpText();
}

export const CPUS = token<Cpus>("CPUS");

/** The address spaces of the processors: `cpu-memory-N`, and `cpu-smm-N` as it is in system management mode. */
export interface ProcessorAddressSpaces {
  /** The chipset has SMRAM: processors in system management mode see it laid over the first 4 GiB from now on. */
  showManagementRam(smram: MemoryRegion): void;
}

export const PROCESSOR_SPACES = token<ProcessorAddressSpaces>("PROCESSOR_SPACES");
