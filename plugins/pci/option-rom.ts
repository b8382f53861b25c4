// The expansion ROM that `romfile` names: PCI Local Bus Specification 3.0 §6.3.
import { existsSync, readFileSync, statSync } from "node:fs";
import { byteLength, type MemoryRegion, type MemoryRegions } from "backplane";
import type { PciOwnRom } from "./contract.ts";
import type { PciFunctionDevice } from "./function.ts";
import { pciErrors } from "./errors.ts";

const UNSET = 0xffffffff;
const LARGEST = 2 ** 31;

/**
 * Loads the file into a ROM with a RAM block of its own, and gives the function a register for it. The ROM that a device
 * has by itself is not ours to give: where the file is not there, an empty one of its length holds the place.
 */
export function addOptionRom(target: PciFunctionDevice, regions: MemoryRegions, own: PciOwnRom | undefined): void {
  const { properties } = target.device;
  // A device's own is not the property's default: monitors show it of the device only.
  const file = properties["romfile"] ?? own?.file;
  if (properties["romfile"] === undefined && own !== undefined) {
    target.device.object.add({ name: "romfile", type: "str", get: () => own.file });
  }
  const size = Number(properties["romsize"] ?? UNSET);
  if (typeof file !== "string" || file === "") return;
  if (properties["rombar"] === 0) {
    if (own !== undefined && file === own.file) return;
    throw target.hotplugged ? pciErrors.PCI_ROM_HOTPLUG() : pciErrors.PCI_ROM_WITHOUT_BAR();
  }
  const isOwn = own !== undefined && file === own.file;
  if (isOwn && !existsSync(file)) {
    const empty = size === UNSET ? own.length : size;
    target.addRom(romRegion(target, regions, own.name, empty));
    return;
  }
  if (!existsSync(file)) throw pciErrors.PCI_ROM_FILE_MISSING(file);
  const { size: length } = statSync(file);
  if (length === 0) throw pciErrors.PCI_ROM_FILE_EMPTY(file);
  if (length > LARGEST) throw pciErrors.PCI_ROM_FILE_LARGE(file);
  if (size !== UNSET && length > size) throw pciErrors.PCI_ROM_FILE_EXCEEDS(file, length, size);
  const bytes = size === UNSET ? 2 ** Math.ceil(Math.log2(length)) : size;
  const region = romRegion(target, regions, own?.name ?? `${target.typeName}.rom`, bytes);
  region.ramBlock?.host.write(0, readFileSync(file));
  target.addRom(region);
}

function romRegion(target: PciFunctionDevice, regions: MemoryRegions, name: string, bytes: number): MemoryRegion {
  const region = regions.rom(name, byteLength(bytes), { idstrPrefix: target.path });
  target.device.object.add({ name: "romsize", type: "uint32", get: () => bytes });
  target.device.own({ dispose: () => regions.destroy(region) });
  return region;
}
