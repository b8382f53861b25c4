import {
  DEVICE,
  disposable,
  guestAddress,
  inject,
  injectable,
  MEMORY_REGIONS,
  RESETS,
  SYSTEM_MEMORY,
  type AddressSpace,
  type Device,
  type DeviceContext,
  type MemoryRegions,
  type Resets,
} from "backplane";
import { PCI, type Pci } from "backplane/plugins/pci/contract";
import { configure, type intelIommuType } from "./configuration.ts";
import { INTEL_IOMMU, type IntelIommu, type IntelIommuUnit } from "./contract.ts";
import { iommuErrors } from "./errors.ts";
import { FunctionSpaces } from "./function-spaces.ts";
import { IOMMU_ADDRESS, RemappingRegisters } from "./registers.ts";

/** The machine's unit, if it has one. */
export class IntelIommuService implements IntelIommu {
  unit: IntelIommuUnit | undefined;
}

@injectable()
export class IntelIommuDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof intelIommuType.properties>,
    @inject(INTEL_IOMMU) private readonly service: IntelIommuService,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(SYSTEM_MEMORY) private readonly system: AddressSpace,
    @inject(RESETS) private readonly resets: Resets,
    @inject(PCI) private readonly pci: Pci,
  ) {}

  realize(): void {
    const { device, service, system } = this;
    if (service.unit !== undefined) throw iommuErrors.IOMMU_TWICE();
    const unit = configure(device.properties);
    const registers = new RemappingRegisters(this.regions, unit, device.log);
    system.root.addSubregion(guestAddress(IOMMU_ADDRESS), registers.region);
    const onOff = (isOn: boolean): string => (isOn ? "on" : "off");
    device.object.add({ name: "intremap", type: "OnOffAuto", get: () => onOff(unit.interruptRemapping) });
    device.object.add({ name: "eim", type: "OnOffAuto", get: () => onOff(unit.extendedInterruptMode) });
    device.own(disposable(() => system.root.removeSubregion(registers.region)));
    device.own(this.resets.add(() => registers.reset()));
    const spaces = device.own(new FunctionSpaces(this.regions, system));
    device.own(this.pci.useIommu(spaces));
    service.unit = { ...unit, registers: IOMMU_ADDRESS };
    device.own(
      disposable(() => {
        service.unit = undefined;
      }),
    );
  }
}
