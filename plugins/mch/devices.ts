import {
  DEVICE,
  inject,
  injectable,
  MACHINE,
  MEMORY_REGIONS,
  QOM,
  SYSTEM_IO,
  SYSTEM_MEMORY,
  type AddressSpace,
  type Device,
  type DeviceContext,
  type MachineInfo,
  type MemoryRegion,
  type MemoryRegions,
  type Qom,
} from "backplane";
import { PC_MEMORY, type PcMemory } from "backplane/plugins/pc-memory/contract";
import { PCI, type Pci } from "backplane/plugins/pci/contract";
import { PROCESSOR_SPACES, type ProcessorAddressSpaces } from "backplane/plugins/x86-cpu/contract";
import { MchBridge, type mchType } from "./bridge.ts";
import { MCH } from "./contract.ts";
import { Q35Host, type q35HostType } from "./host.ts";
import type { MchService } from "./service.ts";

/** 2^64 - 1: the window is not mapped. */
const NOWHERE = 0xffff_ffff_ffff_ffffn;

/** Where the bridge stands whose other side the host is. */
const ROOT_PATH = "0000:00:00.0";

@injectable()
export class Q35HostDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof q35HostType.properties>,
    @inject(MCH) private readonly service: MchService,
    @inject(PCI) private readonly pci: Pci,
    @inject(PC_MEMORY) private readonly memory: PcMemory,
    @inject(SYSTEM_MEMORY) private readonly system: AddressSpace,
    @inject(SYSTEM_IO) private readonly io: AddressSpace,
    @inject(QOM) private readonly qom: Qom,
  ) {}

  realize(): void {
    const { device, pci, memory } = this;
    const host = new Q35Host({ device, pci, memory, system: this.system.root, io: this.io.root });
    device.own(this.service.connectHost(host));
    device.carry({
      kind: "captured",
      idstr: "PCIHost",
      version: 1,
      behind: `${ROOT_PATH}/mch`,
      description: async () => (await import("./late/state.ts")).PCI_HOST,
      capture: () => host.captureState(),
      restore: (state) => host.restoreState(state),
    });
    device.carry({
      kind: "captured",
      idstr: "PCIBUS",
      version: 1,
      behind: "PCIHost",
      description: async () => (await import("./late/state.ts")).PCI_BUS,
      capture: () => host.captureLines(),
      restore: () => undefined,
    });
    const { object } = device;
    object.add({ name: "MCFG", type: "uint64", get: () => host.window?.base ?? NOWHERE });
    const { service, qom, system, io } = this;
    object.add({ name: "pci-hole-start", type: "uint32", get: () => service.hole32?.first ?? 0 });
    object.add({ name: "pci-hole-end", type: "uint32", get: () => (service.hole32?.last ?? -1) + 1 });
    const link = (name: string, region: () => MemoryRegion): void =>
      void object.add({ name, type: "link<memory-region>", get: () => qom.pathOf(region()) });
    link("ram-mem", () => memory.ram);
    link("pci-mem", () => memory.pci);
    link("system-mem", () => system.root);
    link("io-mem", () => io.root);
    object.add({ name: "mcfg_size", type: "uint64", get: () => host.window?.size ?? 0 });
    object.add({ name: "below-4g-mem-size", type: "size", get: () => memory.belowFourGiB });
    object.add({ name: "above-4g-mem-size", type: "size", get: () => memory.aboveFourGiB });
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
    @inject(PROCESSOR_SPACES) private readonly processors: ProcessorAddressSpaces,
    @inject(QOM) private readonly qom: Qom,
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
    device.carry({
      kind: "captured",
      idstr: `${bridge.bridge.path}/mch`,
      version: 1,
      description: async () => (await import("./late/state.ts")).MCH,
      capture: () => bridge.captureState(),
      restore: (state) => bridge.restoreState(state),
    });
    const { qom } = this;
    const link = { name: "smram", type: "link<memory-region>", get: () => qom.pathOf(bridge.smram) };
    device.own(qom.resolve("/machine").add(link));
    this.processors.showManagementRam(bridge.smram);
  }
}
