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
import { LOCAL_APICS, type LocalApics } from "backplane/plugins/apic/contract";
import { PCI, type Pci } from "backplane/plugins/pci/contract";
import { configure, type intelIommuType } from "./configuration.ts";
import { INTEL_IOMMU, type IntelIommu, type IntelIommuUnit } from "./contract.ts";
import { iommuErrors } from "./errors.ts";
import { FunctionSpaces } from "./function-spaces.ts";
import { InterruptRemapper } from "./interrupt-remapping.ts";
import { Invalidations } from "./invalidation.ts";
import { InvalidationQueue } from "./invalidation-queue.ts";
import { IOMMU_ADDRESS, RemappingRegisters, type UnitParts } from "./registers.ts";
import { RemappingUnit } from "./unit.ts";
import { captureState, restoreState } from "./unit-state.ts";

/** The machine's unit, if it has one. */
export class IntelIommuService implements IntelIommu {
  unit: IntelIommuUnit | undefined;
}

/** The I/O APIC's messages are those of this function of the root bus, as in the peer. */
const IO_APIC_DEVFN = 0;

/** In a migration's stream: requests of the devices behind it are translated while their state is loaded. */
const BEFORE_DEVICES = 1;

@injectable()
export class IntelIommuDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof intelIommuType.properties>,
    @inject(INTEL_IOMMU) private readonly service: IntelIommuService,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(SYSTEM_MEMORY) private readonly system: AddressSpace,
    @inject(RESETS) private readonly resets: Resets,
    @inject(PCI) private readonly pci: Pci,
    @inject(LOCAL_APICS) private readonly apics: LocalApics,
  ) {}

  realize(): void {
    const { device, service, system, apics } = this;
    if (service.unit !== undefined) throw iommuErrors.IOMMU_TWICE();
    const configuration = configure(device.properties);
    const send = (address: number, data: number): void => apics.send(address, data);
    const unit = new RemappingUnit(configuration, system, send, device.log);
    const interrupts = new InterruptRemapper(unit, send);
    const spaces = new FunctionSpaces(this.regions, unit, interrupts.region(this.regions), device.log);
    const invalidations = new Invalidations(unit, spaces);
    const queue = new InvalidationQueue(unit, invalidations, send, device.log);
    const parts: UnitParts = { unit, spaces, invalidations, queue, interrupts };
    const registers = new RemappingRegisters(this.regions, parts);
    system.root.addSubregion(guestAddress(IOMMU_ADDRESS), registers.region);
    device.own(disposable(() => system.root.removeSubregion(registers.region)));
    device.own(this.resets.add(() => registers.reset()));
    device.own(spaces);
    device.own(this.pci.useIommu(spaces));
    device.carry({
      kind: "captured",
      idstr: "iommu-intel",
      version: 1,
      priority: BEFORE_DEVICES,
      description: async () => (await import("./late/state.ts")).IOMMU_STATE,
      capture: () => captureState(parts),
      restore: (state) => restoreState(parts, state),
    });
    this.#showConfiguration(configuration.interruptRemapping, configuration.extendedInterruptMode);
    const [root] = this.pci.roots;
    if (root !== undefined) device.own(apics.routeIoApics(spaces.at(root, IO_APIC_DEVFN).space));
    service.unit = { ...configuration, registers: IOMMU_ADDRESS };
    device.own(
      disposable(() => {
        service.unit = undefined;
      }),
    );
  }

  #showConfiguration(interruptRemapping: boolean, extendedInterruptMode: boolean): void {
    const onOff = (isOn: boolean): string => (isOn ? "on" : "off");
    const { object } = this.device;
    object.add({ name: "intremap", type: "OnOffAuto", get: () => onOff(interruptRemapping) });
    object.add({ name: "eim", type: "OnOffAuto", get: () => onOff(extendedInterruptMode) });
  }
}
