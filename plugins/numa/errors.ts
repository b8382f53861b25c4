import { defineErrors } from "backplane";
import { DISTANCE, MAX_NODES } from "./limits.ts";

const DECLARE_NODES = "Please use '-numa node' option to declare it first.";
const LARGEST_ENTRY = 0xfffe;

export const numaErrors = defineErrors({
  NUMA_LATE: {
    text: () => "The command is permitted only before the machine has been created",
    help: "set-numa-node is for the pause of --preconfig.",
  },
  NUMA_NODES_FULL: {
    text: (node: number) => `Max number of NUMA nodes reached: ${node}`,
    help: "A NUMA node has a number of 128 or more.",
  },
  NUMA_NODE_DUPLICATE: {
    text: (node: number) => `Duplicate NUMA nodeid: ${node}`,
    help: "Two NUMA nodes have the same number.",
  },
  NUMA_NODE_MISSING: {
    text: (node: number) => `numa: Node ID missing: ${node}`,
    help: "The numbers of NUMA nodes have a gap. They start at 0.",
  },
  NUMA_MEMDEV_NOT_FOUND: {
    text: (id: string) => `memdev=${id} is ambiguous`,
    help: "A NUMA node names a memory backend that does not exist.",
    advice: "list a memory backend with that id under 'objects'",
  },
  NUMA_MEM_AND_MEMDEV: {
    text: () => "numa configuration should use either mem= or memdev=,mixing both is not allowed",
    help: "NUMA nodes were given memory both with mem= and with memdev=.",
  },
  NUMA_MEM_UNSUPPORTED: {
    text: () => "Parameter -numa node,mem is not supported by this machine type",
    help: "Machine types since 5.1 take a NUMA node's memory from a memory backend only.",
    hints: ["Use -numa node,memdev instead"],
  },
  NUMA_MEMORY_TOTAL: {
    text: (total: number, ram: number) =>
      `total memory for NUMA nodes (0x${total.toString(16)}) should equal RAM size (0x${ram.toString(16)})`,
    help: "The memory backends of the NUMA nodes must come to the machine's memory size.",
    advice: "make the sizes of the nodes' memory backends come to what stands under 'memory'",
  },
  NUMA_CPU_INDEX: {
    text: (index: number, maxCpus: number) => `CPU index (${index}) should be smaller than maxcpus (${maxCpus})`,
    help: "A NUMA node was given a processor that the machine cannot have.",
  },
  NUMA_CPU_ASSIGNED: {
    text: (node: number) => `CPU is already assigned to node-id: ${node}`,
    help: "A processor was given to two NUMA nodes.",
  },
  NUMA_CPU_PROPERTY: {
    text: (name: string) => `${name} is not supported`,
    help: "The machine's processors are not told apart at this level of the topology.",
  },
  NUMA_CPU_NO_MATCH: {
    text: () => "no match found",
    help: "No processor of the machine is where `-numa cpu` says.",
  },
  NUMA_CPU_NODE_MISSING: {
    text: () => "Missing mandatory node-id property",
    help: "`-numa cpu` must say which node the processors belong to.",
  },
  NUMA_CPU_NODE_UNKNOWN: {
    text: (node: number) =>
      `Invalid node-id=${node}, NUMA node must be defined with -numa node,nodeid=ID before it's used with -numa cpu,node-id=ID`,
    help: "`-numa cpu` names a node that does not exist (yet): nodes come first.",
  },
  NUMA_NODE_NUMBER: {
    text: (name: string) => `Parameter '${name}' expects an integer between 0 and ${MAX_NODES - 1}`,
    help: "A NUMA distance names a node that cannot exist.",
  },
  NUMA_DISTANCE_NODE: {
    text: () => `Source/Destination NUMA node is missing. ${DECLARE_NODES}`,
    help: "A NUMA distance names a node that does not exist (yet): nodes come first.",
  },
  NUMA_DISTANCE_SMALL: {
    text: (distance: number) => `NUMA distance (${distance}) is invalid, it shouldn't be less than ${DISTANCE.local}.`,
    help: "Distances are relative to that of a node to itself, which is 10.",
  },
  NUMA_DISTANCE_LOCAL: {
    text: (node: number) => `Local distance of node ${node} should be ${DISTANCE.local}.`,
    help: "The distance of a node to itself is 10.",
  },
  NUMA_DISTANCE_MISSING: {
    text: (from: number, to: number) =>
      `The distance between node ${from} and ${to} is missing, at least one distance value between each nodes should be provided.`,
    help: "Once one distance is given, there must be one for each pair of nodes.",
  },
  NUMA_DISTANCE_ONE_WAY: {
    text: () =>
      "At least one asymmetrical pair of distances is given, please provide distances for both directions of all node pairs.",
    help: "Where one pair of nodes is asymmetrical, all distances must be given in both directions.",
  },
  HMAT_DISABLED: {
    text: () =>
      "ACPI Heterogeneous Memory Attribute Table (HMAT) is disabled, enable it with -machine hmat=on before using any of hmat specific options",
    help: "An initiator, latencies, bandwidths or caches were given without `hmat: on` of the machine.",
  },
  HMAT_INITIATOR_RANGE: {
    text: (node: number) => `The initiator id ${node} expects an integer between 0 and ${MAX_NODES - 1}`,
    help: "The initiator of a NUMA node cannot exist.",
  },
  HMAT_INITIATOR_MISSING: {
    text: (node: number) => `NUMA node ${node} is missing, use '-numa node' option to declare it first`,
    help: "The initiator of a NUMA node does not exist.",
  },
  HMAT_INITIATOR_WITHOUT_CPU: {
    text: (node: number) => `The initiator of NUMA node ${node} is invalid`,
    help: "The initiator of a NUMA node has no processors.",
  },
  HMAT_INITIATOR_NOT_SELF: {
    text: (node: number, initiator: number) =>
      `The initiator of CPU NUMA node ${node} should be itself (got ${initiator})`,
    help: "A node with processors is its own initiator.",
  },
  HMAT_NODE_RANGE: {
    text: (name: string, node: number, nodes: number) => `Invalid ${name}=${node}, it should be less than ${nodes}`,
    help: "A latency, a bandwidth or a cache belongs to a node that does not exist.",
  },
  HMAT_NO_INITIATOR: {
    text: (node: number) => `Invalid initiator=${node}, it isn't an initiator proximity domain`,
    help: "Latencies and bandwidths are stated from nodes with processors; give `-numa cpu` before them.",
  },
  HMAT_TARGET_MISSING: {
    text: (node: number) => `The target=${node} should point to an existing node`,
    help: "A latency or bandwidth leads to a node that does not exist.",
  },
  HMAT_VALUE_MISSING: {
    text: (name: string) => `Missing '${name}' option`,
    help: "The value that the data type calls for is not given.",
  },
  HMAT_VALUE_EXTRA: {
    text: (name: string, kind: string) => `Invalid option '${name}' since the data type is ${kind}`,
    help: "A latency was given for a bandwidth, or the other way round.",
  },
  HMAT_VALUE_DUPLICATE: {
    text: (kind: string, initiator: number, target: number) =>
      `Duplicate configuration of the ${kind} for initiator=${initiator} and target=${target}`,
    help: "A latency or bandwidth was given twice.",
  },
  HMAT_BANDWIDTH_UNALIGNED: {
    text: (value: number, initiator: number, target: number) =>
      `Bandwidth ${value} between initiator=${initiator} and target=${target} should be 1MB aligned`,
    help: "Bandwidths are whole megabytes a second.",
  },
  HMAT_LATENCY_RANGE: {
    text: (value: number, initiator: number, target: number) =>
      `Latency ${value} between initiator=${initiator} and target=${target} should not differ from previously entered min or max values on more than ${LARGEST_ENTRY}`,
    help: "All latencies of one table must fit 16 bits in a common unit, which is a power of ten.",
  },
  HMAT_BANDWIDTH_RANGE: {
    text: (value: number, initiator: number, target: number) =>
      `Bandwidth ${value} between initiator=${initiator} and target=${target} should not differ from previously entered values on more than ${LARGEST_ENTRY}`,
    help: "All bandwidths of one table must fit 16 bits in a common unit, which is a power of two.",
  },
  HMAT_CACHE_EARLY: {
    text: (node: number) =>
      `The latency and bandwidth information of node-id=${node} should be provided before memory side cache attributes`,
    help: "A node's caches come after its latencies and bandwidths.",
  },
  HMAT_CACHE_LEVEL: {
    text: (level: number) => `Invalid level=${level}, it should be larger than 0 and less than or equal to 3`,
    help: "A memory-side cache has one of three levels.",
  },
  HMAT_CACHE_DUPLICATE: {
    text: (node: number, level: number) =>
      `Duplicate configuration of the side cache for node-id=${node} and level=${level}`,
    help: "Two memory-side caches have the same node and level.",
  },
  HMAT_CACHE_ORDER: {
    text: (level: number) => `Cache level=${level} shall be defined first`,
    help: "The memory-side caches of a node are given in the order of their levels.",
  },
  HMAT_CACHE_SIZE: {
    text: (size: number, level: number, inner: number) =>
      `Invalid size=${size}, the size of level=${level} should be larger than the size(${inner}) of level=${level - 1}`,
    help: "A memory-side cache must be larger than the one of the level before.",
  },
});
