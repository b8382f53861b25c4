import { byteLength, GiB, guestAddress, prop, type DeviceContext, type DeviceType, type MemoryRegion } from "backplane";
import type { PcMemory } from "backplane/plugins/pc-memory/contract";
import type { Pci, PciConfigPorts, PciRootBus } from "backplane/plugins/pci/contract";
import type { MmConfigWindow } from "./contract.ts";

const CONFIG_ADDRESS = 0xcf8;
const CONFIG_DATA = 0xcfc;

export const q35HostType = {
  name: "q35-pcihost",
  category: "bridge",
  userCreatable: false,
  parent: "pcie-host-bridge",
  parts: {
    mch: "child<mch>",
    mcfg_size: "uint64",
    "pci-hole-start": "uint32",
    "pci-hole-end": "uint32",
    "pci-hole64-start": "uint64",
    "pci-hole64-end": "uint64",
    "ram-mem": "link<memory-region>",
    "pci-mem": "link<memory-region>",
    "system-mem": "link<memory-region>",
    "io-mem": "link<memory-region>",
    "pci-conf-idx[0]": "child<memory-region>",
    "pci-conf-data[0]": "child<memory-region>",
    "pcie-mmcfg-mmio[0]": "child<memory-region>",
  },
  properties: {
    MCFG: prop.readonly<number>("uint64", 0xb0000000),
    "pci-hole64-size": prop.size(32 * GiB),
    "below-4g-mem-size": prop.readonly<number>("size", 0),
    "above-4g-mem-size": prop.readonly<number>("size", 0),
    "smm-ranges": prop.readonly("bool", true),
    "x-pci-hole64-fix": prop.unmodelled(prop.bool(true)),
    "x-config-reg-migration-enabled": prop.unmodelled(prop.bool(true)),
    "bypass-iommu": prop.bool(false),
  },
} satisfies DeviceType;

/** What a migration carries of the configuration ports, and of the root bus. */
export interface HostState {
  address: number;
}
export interface BusState {
  readonly lines: number;
  counts: number[];
}

export interface HostServices {
  readonly device: DeviceContext<typeof q35HostType.properties>;
  readonly pci: Pci;
  readonly memory: PcMemory;
  readonly system: MemoryRegion;
  readonly io: MemoryRegion;
}

/** The processor's side of the host bridge: the root bus, the configuration ports, the configuration space in memory. */
export class Q35Host {
  readonly root: PciRootBus;
  readonly hole64Size: number;
  readonly #ports: PciConfigPorts;
  readonly #mmConfig: MemoryRegion;
  readonly #system: MemoryRegion;
  #window: MmConfigWindow | undefined;

  constructor({ device, pci, memory, system, io }: HostServices) {
    this.#system = system;
    this.hole64Size = device.properties["pci-hole64-size"];
    const bypassIommu = device.properties["bypass-iommu"];
    this.root = device.own(pci.addRootBus({ name: "pcie.0", express: true, memory: memory.pci, io, bypassIommu }));
    this.#ports = pci.configPorts(this.root);
    this.#mmConfig = pci.mmConfig(this.root);
    io.addSubregion(guestAddress(CONFIG_ADDRESS), this.#ports.index);
    io.addSubregion(guestAddress(CONFIG_DATA), this.#ports.data);
  }

  get window(): MmConfigWindow | undefined {
    return this.#window;
  }

  captureState(): HostState {
    return { address: this.#ports.address };
  }

  restoreState({ address }: HostState): void {
    this.#ports.address = address;
  }

  /** How often each line is asserted; where it is loaded, the functions' own pins say so. */
  captureLines(): BusState {
    const { lineCounts } = this.root;
    return { lines: lineCounts.length, counts: [...lineCounts] };
  }

  /** Puts the configuration space somewhere, or nowhere. */
  mapConfig(window: MmConfigWindow | undefined): void {
    if (this.#window !== undefined) this.#system.removeSubregion(this.#mmConfig);
    this.#window = window;
    if (window === undefined) return;
    this.#mmConfig.setSize(byteLength(window.size));
    this.#system.addSubregion(guestAddress(window.base), this.#mmConfig);
  }
}
