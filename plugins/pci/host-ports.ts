// How processors reach configuration space: through two ports (PCI Local Bus Specification 3.0 §3.2.2.3.2), or through a
// window in memory with 4 KiB for each function (PCI Express Base Specification 4.0 §7.2.2).
import { byteLength, MiB, type MemoryRegion, type MemoryRegions } from "backplane";
import type { Pci, PciBus, PciConfigPorts } from "./contract.ts";

const ENABLE = 0x8000_0000;
const ADDRESS = 0x00ff_ffff;

const width = (size: number): 1 | 2 | 4 => (size === 1 || size === 2 ? size : 4);

export function configPorts(pci: Pci, root: PciBus, regions: MemoryRegions): PciConfigPorts {
  let address = 0;
  const index = regions.io("pci-conf-idx", byteLength(4), {
    // Narrow accesses are none: a byte at 0xcf9 is the reset register of some chipsets.
    read: () => address,
    write: (offset, value, size) => {
      if (offset === 0 && size === 4) address = value;
    },
  });
  const isEnabled = (): boolean => (address & ENABLE) !== 0;
  const at = (offset: number): number => ((address & ADDRESS) | offset) >>> 0;
  const data = regions.io("pci-conf-data", byteLength(4), {
    read: (offset, size) => (isEnabled() ? pci.readConfig(root, at(offset), width(size)) : 0xffffffff),
    write: (offset, value, size) => {
      if (isEnabled()) pci.writeConfig(root, at(offset), value, width(size));
    },
  });
  return {
    index,
    data,
    get address() {
      return address;
    },
    set address(value) {
      address = value;
    },
  };
}

export function mmConfig(pci: Pci, root: PciBus, regions: MemoryRegions): MemoryRegion {
  return regions.io("pcie-mmcfg-mmio", byteLength(256 * MiB), {
    read: (offset, size) => pci.readConfig(root, offset, width(size), true),
    write: (offset, value, size) => pci.writeConfig(root, offset, value, width(size), true),
  });
}
