import { definePlugin } from "backplane";
import { ACPI_TABLES } from "backplane/plugins/acpi/contract";
import { NUMA, buildSrat, type SratFacts } from "backplane/plugins/numa/contract";
import { NVDIMMS, type Nvdimms } from "backplane/plugins/nvdimm/contract";
import { PC_MEMORY, type PcMemory } from "backplane/plugins/pc-memory/contract";
import { CPUS, type Cpus } from "backplane/plugins/x86-cpu/contract";
import type { Numa } from "backplane/plugins/numa/contract";

function facts(numa: Numa, cpus: Cpus, memory: PcMemory, nvdimms: Nvdimms | undefined): SratFacts {
  const devices = memory.deviceMemoryRange;
  return {
    cpus: cpus.possible.map(({ index, apicId }) => ({ apicId, node: numa.nodeOfCpu(index) })),
    nodeMemory: numa.nodes.map((node) => node.memory),
    ram: { belowFourGiB: memory.belowFourGiB, aboveFourGiBStart: memory.aboveFourGiBStart },
    ...(nvdimms?.enabled === true
      ? { nvdimms: nvdimms.plugged.map(({ node, base, size }) => ({ node, base, length: size })) }
      : {}),
    ...(devices ? { hotplug: { base: devices.base, length: devices.size } } : {}),
  };
}

export default definePlugin({
  id: "acpi/numa",
  apiVersion: 1,
  summary: "SRAT: which node processors and memory belong to",
  requires: [ACPI_TABLES, NUMA, CPUS, PC_MEMORY],
  uses: [NVDIMMS],
  attach(machine) {
    const [numa, cpus, memory] = [machine.use(NUMA), machine.use(CPUS), machine.use(PC_MEMORY)];
    const nvdimms = machine.optional(NVDIMMS);
    machine.own(
      machine.use(ACPI_TABLES).add({
        place: "srat",
        build: ({ oem }) => (numa.nodes.length > 0 ? [buildSrat(oem, facts(numa, cpus, memory, nvdimms))] : []),
      }),
    );
  },
});
