import type { PluginMachine } from "backplane";
import { ACPI_TABLES } from "backplane/plugins/acpi/contract";
import type { Numa } from "./contract.ts";
import { type HmatFacts, buildHmat } from "./hmat.ts";
import { buildSlit } from "./slit.ts";

/** A node with processors is its own nearest initiator unless the user named another. */
function hmatFacts({ nodes, hmat }: Numa): HmatFacts | undefined {
  if (hmat === undefined) return undefined;
  return {
    nodes: nodes.map(({ id, memory, hasCpu, initiator }) => {
      const nearest = initiator ?? (hasCpu ? id : undefined);
      return {
        hasMemory: memory > 0,
        isInitiator: hasCpu,
        ...(nearest === undefined ? {} : { nearestInitiator: nearest }),
      };
    }),
    localities: hmat.localities,
    caches: hmat.caches,
  };
}

/**
 * Distances and attributes of the nodes. The SRAT, which also needs processors and the memory map, is the contribution
 * of `acpi/numa`: the memory map depends on this plugin.
 */
export function contributeAcpi(machine: PluginMachine, numa: Numa): void {
  const tables = machine.optional(ACPI_TABLES);
  if (tables === undefined) return;
  machine.own(
    tables.add({ place: "slit", build: ({ oem }) => (numa.distances ? [buildSlit(oem, numa.distances)] : []) }),
  );
  machine.own(
    tables.add({
      place: "hmat",
      build: ({ oem }) => {
        const facts = hmatFacts(numa);
        return facts ? [buildHmat(oem, facts)] : [];
      },
    }),
  );
}
