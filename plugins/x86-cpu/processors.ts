import type { Logger, MachineDefinition } from "backplane";
import { possibleCpus } from "./apic-ids.ts";
import type { CpuIdentity, Cpus, CpuTopology, PossibleCpu } from "./contract.ts";
import { x2apicMissing } from "./errors.ts";
import { missingFeatures } from "./missing-features.ts";
import { findModel, identityOf } from "./model.ts";
import type { CpuModel } from "./models.ts";
import { completeTopology } from "./topology.ts";

const X2APIC_FIRST_ID = 255;
const AMD = "AuthenticAMD";
/** Leaf 1, EDX: the package holds more than one logical processor. */
const MULTI_THREADING = 1 << 28;

/** The processors that a definition asks for. */
export class Processors implements Cpus {
  readonly topology: CpuTopology;
  readonly model: string;
  readonly typeName: string;
  readonly identity: CpuIdentity;
  readonly possible: readonly PossibleCpu[];
  readonly apicIdLimit: number;
  readonly physBits: number;
  readonly #cpuModel: CpuModel;
  readonly #log: Logger;
  #started = false;

  constructor(
    cpu: MachineDefinition["cpu"],
    machine: { readonly name: string; readonly maxCpus: number },
    log: Logger,
  ) {
    this.topology = completeTopology(cpu.topology, machine);
    const { name, model } = findModel(cpu.model);
    this.model = name;
    this.typeName = `${name}-x86_64-cpu`;
    this.possible = possibleCpus(this.topology);
    this.apicIdLimit = (this.possible.at(-1)?.apicId ?? 0) + 1;
    this.physBits = model.physBits;
    const { sockets, maxCpus } = this.topology;
    const identity = identityOf(model);
    this.identity =
      maxCpus > sockets ? { ...identity, features: (identity.features | MULTI_THREADING) >>> 0 } : identity;
    this.#cpuModel = model;
    this.#log = log;
  }

  /** One processor after the other; of threads it is said once. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    const model = this.#cpuModel;
    const log = this.#log;
    const { threads } = this.topology;
    const missing = missingFeatures(this.model);
    let tellsOfThreads = threads > 1 && model.vendor === AMD && !model.topologyExtensions;
    for (const { apicId } of this.possible.filter(({ present }) => present)) {
      for (const feature of missing) log.warn(`TCG doesn't support requested feature: ${feature}`);
      if (apicId >= X2APIC_FIRST_ID && !model.x2apic) throw x2apicMissing(apicId);
      if (!tellsOfThreads) continue;
      tellsOfThreads = false;
      log.warn(
        `This family of AMD CPU doesn't support hyperthreading(${threads}). Please configure -smp options properly or try enabling topoext feature.`,
      );
    }
  }
}
