import { definePlugin, DEVICES } from "backplane";
import { ACPI_TABLES } from "backplane/plugins/acpi/contract";
import { LOCAL_APICS } from "backplane/plugins/apic/contract";
import { PCI } from "backplane/plugins/pci/contract";
import { contributeAcpi } from "./acpi.ts";
import { intelIommuType } from "./configuration.ts";
import { INTEL_IOMMU } from "./contract.ts";
import { IntelIommuDevice, IntelIommuService } from "./device.ts";

export default definePlugin({
  id: "intel-iommu",
  apiVersion: 1,
  summary: "Intel's IOMMU (VT-d): DMA and interrupt remapping, DMAR table",
  requires: [PCI, LOCAL_APICS],
  uses: [ACPI_TABLES],
  provides: [INTEL_IOMMU],
  attach(machine) {
    const service = new IntelIommuService();
    machine.provideValue(INTEL_IOMMU, service);
    machine.own(machine.use(DEVICES).register(intelIommuType, IntelIommuDevice));
    contributeAcpi(machine, service, machine.use(PCI));
  },
});
