import type { PluginMachine } from "backplane";
import { ACPI_TABLES } from "backplane/plugins/acpi/contract";
import type { Pci } from "backplane/plugins/pci/contract";
import type { IntelIommu } from "./contract.ts";
import { type DmarFunction, buildDmar } from "./dmar.ts";

function remappedFunctions(pci: Pci): DmarFunction[] {
  return pci.roots
    .filter((root) => !root.bypassIommu)
    .flatMap((root) =>
      root.functions
        .toSorted((left, right) => left.devfn - right.devfn)
        .map(({ slot, number, secondary }) => ({
          bus: root.number,
          device: slot,
          function: number,
          isBridge: secondary !== undefined,
        })),
    );
}

/** The DMAR of a machine with the unit. */
export function contributeAcpi(machine: PluginMachine, iommu: IntelIommu, pci: Pci): void {
  const tables = machine.optional(ACPI_TABLES);
  if (tables === undefined) return;
  machine.own(
    tables.add({
      place: "iommu",
      build: ({ oem }) => (iommu.unit ? [buildDmar(oem, { ...iommu.unit, functions: remappedFunctions(pci) })] : []),
    }),
  );
}
