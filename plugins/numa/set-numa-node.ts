import { LIFECYCLE, q, COMMANDS, type PluginMachine, type OptionValues } from "backplane";
import type { NumaConfiguration } from "./configuration.ts";
import { numaErrors } from "./errors.ts";
import { HMAT_ASSOCIATIVITIES, HMAT_DATA_TYPES, HMAT_HIERARCHIES, HMAT_WRITE_POLICIES } from "./hmat.ts";
import { NUMA_OPTION_TYPES, readNumaOption, type NumaOptionType } from "./option.ts";

const id = q.uint(16);

/** `-numa`, as a monitor says it. */
const numaOptions = q.union(
  "NumaOptions",
  "type",
  { type: q.enum("NumaOptionsType", NUMA_OPTION_TYPES) },
  {
    node: q.struct("NumaNodeOptions", {
      "nodeid?": id,
      "cpus?": q.array(id),
      "mem?": q.size,
      "memdev?": q.str,
      "initiator?": id,
    }),
    dist: q.struct("NumaDistOptions", { src: id, dst: id, val: q.uint(8) }),
    cpu: q.struct("NumaCpuOptions", {
      "node-id?": q.int,
      "drawer-id?": q.int,
      "book-id?": q.int,
      "socket-id?": q.int,
      "die-id?": q.int,
      "cluster-id?": q.int,
      "module-id?": q.int,
      "core-id?": q.int,
      "thread-id?": q.int,
    }),
    "hmat-lb": q.struct("NumaHmatLBOptions", {
      initiator: id,
      target: id,
      hierarchy: q.enum("HmatLBMemoryHierarchy", HMAT_HIERARCHIES),
      "data-type": q.enum("HmatLBDataType", HMAT_DATA_TYPES),
      "latency?": q.uint(64),
      "bandwidth?": q.size,
    }),
    "hmat-cache": q.struct("NumaHmatCacheOptions", {
      "node-id": q.uint(32),
      size: q.size,
      level: q.uint(8),
      associativity: q.enum("HmatCacheAssociativity", HMAT_ASSOCIATIVITIES),
      policy: q.enum("HmatCacheWritePolicy", HMAT_WRITE_POLICIES),
      line: id,
    }),
  },
);

/** One more option, while the machine waits to be built. */
export function addSetNumaNode(machine: PluginMachine, configuration: NumaConfiguration): void {
  const lifecycle = machine.use(LIFECYCLE);
  machine.own(
    machine.use(COMMANDS).add({
      name: "set-numa-node",
      summary: "Adds to the NUMA nodes, before the machine is built",
      arguments: numaOptions,
      result: q.none,
      preconfig: true,
      run(args) {
        if (lifecycle.reached !== "objects") throw numaErrors.NUMA_LATE();
        const { type, ...values } = args;
        configuration.apply(readNumaOption(type as NumaOptionType, values as OptionValues, "json"));
      },
    }),
  );
}
