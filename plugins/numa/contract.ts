/** The NUMA nodes of the machine. */
import { token, type ByteLength } from "backplane";
import type { HmatCache, HmatLocality } from "./hmat.ts";

// Contributed by acpi/numa, which knows processors and the memory map as well.
export { type SratFacts, buildSrat } from "./srat.ts";

export interface NumaNode {
  readonly id: number;
  readonly memory: ByteLength;
  /** The memory backend of the node. */
  readonly memdev: string | undefined;
  /** The node whose processors reach this node's memory best: with HMAT a node with processors itself, else as given, or undefined. */
  readonly initiator: number | undefined;
  readonly hasCpu: boolean;
}

export interface Numa {
  /** By id, without holes; empty when the machine has no NUMA nodes. Known from the phase `board` on (listeners of plugins that use NUMA). */
  readonly nodes: readonly NumaNode[];
  /** Complete and square when a distance was given; undefined otherwise (no SLIT). */
  readonly distances: readonly (readonly number[])[] | undefined;
  /** The node of a processor by its index in `Cpus.possible`; 0 on a machine without nodes. */
  nodeOfCpu(index: number): number;
  /** The node that a processor was given; undefined on a machine without nodes. Known also before the phase `board`, as far as it is. */
  assignedNode(index: number): number | undefined;
  /** Whether HMAT was asked for with `-machine hmat=on`. */
  readonly hmat: { readonly localities: readonly HmatLocality[]; readonly caches: readonly HmatCache[] } | undefined;
}

export const NUMA = token<Numa>("NUMA");
