import type { Numa } from "./contract.ts";
import type { NumaConfiguration } from "./configuration.ts";

/** The machine's nodes, once they are known. */
export class MachineNuma implements Numa {
  #numa: Numa | undefined;

  complete(configuration: NumaConfiguration): void {
    this.#numa = configuration.complete();
  }

  get nodes(): Numa["nodes"] {
    return this.#known().nodes;
  }

  get distances(): Numa["distances"] {
    return this.#known().distances;
  }

  get hmat(): Numa["hmat"] {
    return this.#known().hmat;
  }

  nodeOfCpu(index: number): number {
    return this.#known().nodeOfCpu(index);
  }

  #known(): Numa {
    if (this.#numa === undefined) throw new TypeError("the NUMA nodes are known from the phase 'board' on");
    return this.#numa;
  }
}
