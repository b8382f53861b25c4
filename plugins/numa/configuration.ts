import { byteLength, type Logger } from "backplane";
import type { MemoryBackend } from "backplane/plugins/memory-backend/contract";
import type { Cpus } from "backplane/plugins/x86-cpu/contract";
import type { Numa, NumaNode } from "./contract.ts";
import { CpuNodes } from "./cpu-nodes.ts";
import { Distances } from "./distances.ts";
import { numaErrors } from "./errors.ts";
import { MAX_NODES } from "./limits.ts";
import { MemoryAttributes } from "./memory-attributes.ts";
import type { CpuOption, DistanceOption, LocalityOption, CacheOption, NodeOption, NumaOption } from "./option.ts";

/** What the configuration is checked against. */
export interface NumaSurroundings {
  readonly cpus: Cpus;
  /** The backend that a path leads to. */
  readonly backend: (path: string) => MemoryBackend | undefined;
  readonly memory: { readonly size: number; readonly slots: number; readonly maxSize: number };
  /** `-machine hmat=on`. */
  readonly hmat: boolean;
  readonly log: Logger;
}

interface Node {
  readonly memory: number;
  readonly memdev: string | undefined;
  initiator: number | undefined;
}

/** Takes the options one by one, in order, as the peer does, and completes what they leave open. */
export class NumaConfiguration {
  readonly #machine: NumaSurroundings;
  readonly #cpus: CpuNodes;
  readonly #nodes = new Map<number, Node>();
  readonly #distances = new Distances();
  readonly #attributes = new MemoryAttributes();

  constructor(machine: NumaSurroundings) {
    this.#machine = machine;
    this.#cpus = new CpuNodes(machine.cpus);
  }

  /** When the objects exist. Throws with the peer's texts. */
  apply(option: NumaOption): void {
    switch (option.type) {
      case "node":
        return this.#addNode(option.values);
      case "dist":
        return this.#addDistance(option.values);
      case "cpu":
        return this.#addCpus(option.values);
      case "hmat-lb":
        this.#requireHmat();
        return this.#addLocality(option.values);
      case "hmat-cache":
        this.#requireHmat();
        return this.#addCache(option.values);
    }
  }

  /** The node that a processor has been given so far. */
  nodeOf(index: number): number | undefined {
    return this.#cpus.nodeOf(index);
  }

  /** When all options have been applied, before the memory map is laid. */
  complete(): Omit<Numa, "assignedNode"> {
    const { memory } = this.#machine;
    // A guest accepts no DIMM without an SRAT, so a machine that may get one has a node.
    if (this.#nodes.size === 0 && (memory.slots > 0 || memory.maxSize > memory.size)) {
      this.#nodes.set(0, { memory: memory.size, memdev: undefined, initiator: undefined });
    }
    const count = this.#nodes.size;
    this.#checkNumbers();
    if (count === 0) return { nodes: [], distances: undefined, nodeOfCpu: () => 0, hmat: this.#hmat() };
    this.#checkMemory();
    const distances = this.#distances.complete(count);
    const left = this.#cpus.assignRest(count);
    if (this.#machine.hmat) this.#completeInitiators();
    if (left.length > 0) this.#warn(left);
    return {
      nodes: this.#sorted().map(([id, node]) => this.#finish(id, node)),
      distances,
      nodeOfCpu: (index) => this.#cpus.nodeOf(index) ?? 0,
      hmat: this.#hmat(),
    };
  }

  #addNode(option: NodeOption): void {
    const id = option.nodeid ?? this.#nodes.size;
    if (id >= MAX_NODES) throw numaErrors.NUMA_NODES_FULL(id);
    if (this.#nodes.has(id)) throw numaErrors.NUMA_NODE_DUPLICATE(id);
    const { initiator, memdev, mem } = option;
    if (initiator !== undefined) {
      this.#requireHmat();
      if (initiator >= MAX_NODES) throw numaErrors.HMAT_INITIATOR_RANGE(initiator);
    }
    for (const index of option.cpus ?? []) {
      this.#cpus.assignIndex(index, id);
      if (initiator !== undefined && initiator !== id) throw numaErrors.HMAT_INITIATOR_NOT_SELF(id, initiator);
    }
    if (mem !== undefined) {
      const mixed = memdev !== undefined || [...this.#nodes.values()].some((node) => node.memdev !== undefined);
      throw mixed ? numaErrors.NUMA_MEM_AND_MEMDEV() : numaErrors.NUMA_MEM_UNSUPPORTED();
    }
    const backend = this.#backendOf(memdev);
    this.#nodes.set(id, { memory: backend?.size ?? 0, memdev: backend?.id, initiator });
  }

  #backendOf(memdev: string | undefined): MemoryBackend | undefined {
    if (memdev === undefined) return undefined;
    const backend = this.#machine.backend(memdev);
    if (backend === undefined) throw numaErrors.NUMA_MEMDEV_NOT_FOUND(memdev);
    return backend;
  }

  #addDistance({ src, dst, val }: DistanceOption): void {
    if (src >= MAX_NODES) throw numaErrors.NUMA_NODE_NUMBER("src");
    if (dst >= MAX_NODES) throw numaErrors.NUMA_NODE_NUMBER("dst");
    if (!this.#nodes.has(src) || !this.#nodes.has(dst)) throw numaErrors.NUMA_DISTANCE_NODE();
    this.#distances.set(src, dst, val);
  }

  #addCpus(option: CpuOption): void {
    const id = option["node-id"];
    if (id === undefined) throw numaErrors.NUMA_CPU_NODE_MISSING();
    const node = this.#nodes.get(id);
    if (node === undefined) throw numaErrors.NUMA_CPU_NODE_UNKNOWN(id);
    this.#cpus.assignMatching(option, id);
    this.#checkOwnInitiator(id, node);
  }

  #addLocality(option: LocalityOption): void {
    const { initiator, target } = option;
    const count = this.#nodes.size;
    // One past the last is found out by the checks behind these, as in the peer.
    if (initiator > count) throw numaErrors.HMAT_NODE_RANGE("initiator", initiator, count);
    if (target > count) throw numaErrors.HMAT_NODE_RANGE("target", target, count);
    if (!this.#cpus.has(initiator)) throw numaErrors.HMAT_NO_INITIATOR(initiator);
    if (!this.#nodes.has(target)) throw numaErrors.HMAT_TARGET_MISSING(target);
    this.#attributes.addLocality(option);
  }

  #addCache(option: CacheOption): void {
    const node = option["node-id"];
    const count = this.#nodes.size;
    if (node >= count) throw numaErrors.HMAT_NODE_RANGE("node-id", node, count);
    this.#attributes.addCache(option);
  }

  #requireHmat(): void {
    if (!this.#machine.hmat) throw numaErrors.HMAT_DISABLED();
  }

  #sorted(): readonly (readonly [number, Node])[] {
    return [...this.#nodes].sort(([left], [right]) => left - right);
  }

  #checkNumbers(): void {
    const largest = Math.max(-1, ...this.#nodes.keys());
    for (let id = largest; id >= 0; id--) if (!this.#nodes.has(id)) throw numaErrors.NUMA_NODE_MISSING(id);
  }

  #checkMemory(): void {
    const { size } = this.#machine.memory;
    const total = [...this.#nodes.values()].reduce((sum, node) => sum + node.memory, 0);
    if (total !== size) throw numaErrors.NUMA_MEMORY_TOTAL(total, size);
  }

  #checkOwnInitiator(id: number, node: Node): void {
    if (!this.#machine.hmat || node.initiator === undefined || node.initiator === id) return;
    throw numaErrors.HMAT_INITIATOR_NOT_SELF(id, node.initiator);
  }

  #completeInitiators(): void {
    for (const [id, node] of this.#sorted()) {
      if (!this.#cpus.has(id)) continue;
      this.#checkOwnInitiator(id, node);
      node.initiator = id;
    }
    for (const [id, { initiator }] of this.#sorted()) {
      if (initiator === undefined) continue;
      if (!this.#nodes.has(initiator)) throw numaErrors.HMAT_INITIATOR_MISSING(initiator);
      if (!this.#cpus.has(initiator)) throw numaErrors.HMAT_INITIATOR_WITHOUT_CPU(id);
    }
  }

  #finish(id: number, { memory, memdev, initiator }: Node): NumaNode {
    return { id, memory: byteLength(memory), memdev, initiator, hasCpu: this.#cpus.has(id) };
  }

  #hmat(): Numa["hmat"] {
    const { localities, caches } = this.#attributes;
    return this.#machine.hmat ? { localities, caches } : undefined;
  }

  #warn(left: readonly string[]): void {
    const { log } = this.#machine;
    log.warn(`CPU(s) not present in any NUMA nodes: ${left.join(", ")}`);
    log.warn(
      "All CPU(s) up to maxcpus should be described in NUMA config, ability to start up with partial NUMA mappings is obsoleted and will be removed in future",
    );
  }
}
