import {
  DEVICE,
  inject,
  injectable,
  MACHINE,
  MEMORY_REGIONS,
  SYSTEM_IO,
  SYSTEM_MEMORY,
  type AddressSpace,
  type Device,
  type DeviceContext,
  type MachineInfo,
  type MemoryRegions,
} from "backplane";
import { PC_MEMORY, type PcMemory } from "backplane/plugins/pc-memory/contract";
import { PCI, type Pci } from "backplane/plugins/pci/contract";
import { MchBridge, type mchType } from "./bridge.ts";
import { MCH } from "./contract.ts";
import { Q35Host, type q35HostType } from "./host.ts";
import type { MchService } from "./service.ts";

@injectable()
export class Q35HostDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof q35HostType.properties>,
    @inject(MCH) private readonly service: MchService,
    @inject(PCI) private readonly pci: Pci,
    @inject(PC_MEMORY) private readonly memory: PcMemory,
    @inject(SYSTEM_MEMORY) private readonly system: AddressSpace,
    @inject(SYSTEM_IO) private readonly io: AddressSpace,
  ) {}

  realize(): void {
    const { device, pci, memory } = this;
    const host = new Q35Host({ device, pci, memory, system: this.system.root, io: this.io.root });
    device.own(this.service.connectHost(host));
  }
}

@injectable()
export class MchDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof mchType.properties>,
    @inject(MCH) private readonly service: MchService,
    @inject(PCI) private readonly pci: Pci,
    @inject(PC_MEMORY) private readonly memory: PcMemory,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(SYSTEM_MEMORY) private readonly system: AddressSpace,
    @inject(MACHINE) private readonly machine: MachineInfo,
  ) {}

  realize(): void {
    const { device, pci, memory, regions, service } = this;
    const hasSmm = this.machine.properties.enabled("smm");
    const bridge = new MchBridge({
      device,
      host: service.host,
      pci,
      memory,
      regions,
      system: this.system.root,
      hasSmm,
    });
    device.own(service.connectBridge(bridge));
  }
}
