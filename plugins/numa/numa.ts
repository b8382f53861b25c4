import type { Numa } from "./contract.ts";
import type { NumaConfiguration } from "./configuration.ts";

/** The machine's nodes, once they are known. */
export class MachineNuma implements Numa {
  readonly #configuration: NumaConfiguration;
  #numa: ReturnType<NumaConfiguration["complete"]> | undefined;

  constructor(configuration: NumaConfiguration) {
    this.#configuration = configuration;
  }

  complete(): void {
    this.#numa = this.#configuration.complete();
  }

  assignedNode(index: number): number | undefined {
    if (this.#numa === undefined) return this.#configuration.nodeOf(index);
    return this.#numa.nodes.length === 0 ? undefined : this.#numa.nodeOfCpu(index);
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

  #known(): ReturnType<NumaConfiguration["complete"]> {
    if (this.#numa === undefined) throw new TypeError("the NUMA nodes are known from the phase 'board' on");
    return this.#numa;
  }
}
