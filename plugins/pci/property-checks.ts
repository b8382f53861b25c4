import { isPowerOfTwo, type DeviceContext } from "backplane";
import type { PciFunction } from "./contract.ts";
import { pciErrors } from "./errors.ts";
import { CLASS } from "./registers.ts";

/** What Linux can put into an interface's name. */
const LARGEST_ACPI_INDEX = 16 * 1024 - 1;
const NO_ROM_SIZE = 0xffffffff;

/** Checks the properties that all PCI devices share. Throws with the peer's texts. */
export function checkProperties(device: DeviceContext, classId: number, others: readonly PciFunction[]): void {
  const { properties } = device;
  const index = Number(properties["acpi-index"] ?? 0);
  if (index > LARGEST_ACPI_INDEX) throw pciErrors.PCI_ACPI_INDEX_RANGE(LARGEST_ACPI_INDEX);
  if (index !== 0 && others.some((other) => other.acpiIndex === index)) throw pciErrors.PCI_ACPI_INDEX_DUPLICATE(index);
  const romSize = Number(properties["romsize"] ?? NO_ROM_SIZE);
  if (romSize !== NO_ROM_SIZE && !isPowerOfTwo(romSize)) throw pciErrors.PCI_ROM_SIZE(romSize);
  if (properties["failover_pair_id"] === undefined) return;
  if (device.bus?.kinds.includes("PCIE") !== true) throw pciErrors.PCI_FAILOVER_BUS();
  if (classId !== CLASS.networkEthernet) throw pciErrors.PCI_FAILOVER_CLASS();
  throw pciErrors.PCI_FAILOVER_UNSUPPORTED(device.type.name);
}
