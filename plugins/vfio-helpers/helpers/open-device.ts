import {
  disposable,
  hostErrorText,
  type Disposable,
  type HostMappingNotifiers,
  type Logger,
  type RAMBlockNotifiers,
  type RAMDiscard,
} from "backplane";
import {
  VFIO_API_VERSION,
  VFIO_PCI_REGION,
  VFIO_TYPE1V2_IOMMU,
  type VfioContainer,
  type VfioDevice,
  type VfioHost,
  type VfioIommuInfo,
  type VfioPciDevice,
} from "../contract.ts";
import { vfioErrors } from "../errors.ts";
import type { VfioUse } from "../use.ts";
import { attempt } from "./attempt.ts";
import { Dma } from "./dma.ts";
import { HostMemoryNotifier } from "./host-memory-notifier.ts";
import { PciDevice } from "./pci-device.ts";

export interface OpenParts {
  readonly host: VfioHost;
  readonly discard: RAMDiscard;
  readonly blocks: RAMBlockNotifiers;
  readonly mappings: HostMappingNotifiers;
  readonly log: Logger;
  /** It is open until the result is disposed. */
  readonly used: (use: VfioUse) => Disposable;
}

const HOST_PAGE = 4096;
const PCI_COMMAND = 4;
const PCI_COMMAND_MASTER = 4;

/** Opens a PCI device and maps all host memory for it. Throws with the peer's texts, and then holds nothing. */
export function openPciDevice(address: string, parts: OpenParts): VfioPciDevice {
  const held: Disposable[] = [];
  const release = (): void => {
    for (const one of held.splice(0).toReversed()) void one.dispose();
  };
  try {
    return open(address, parts, held, release);
  } catch (failure) {
    release();
    throw failure;
  }
}

function open(address: string, parts: OpenParts, held: Disposable[], release: () => void): VfioPciDevice {
  const { host, log } = parts;
  held.push(disableDiscard(parts.discard, `nvme://${address}`));
  const { container, device, pageSizes, ranges, barSizes } = openVfio(address, host, held);
  enableBusMaster(device);
  const dma = new Dma(container, { pageSize: Math.max(pageSizes & -pageSizes, HOST_PAGE), ranges });
  const opened = new PciDevice({ address, time: host.time, device, dma, barSizes, log, release });
  held.push(parts.used({ address, container, dma }));
  held.push(disposable(() => opened.stop()));
  const notifier = new HostMemoryNotifier(dma, log);
  held.push(parts.blocks.add(notifier), parts.mappings.add(notifier));
  return opened;
}

/** A device with the container that it reaches memory through. */
export interface OpenedVfio extends VfioIommuInfo {
  readonly container: VfioContainer;
  readonly device: VfioDevice;
  readonly barSizes: readonly number[];
}

/** Throws with the peer's texts. What was opened until then is in `held`. */
export function openVfio(address: string, host: VfioHost, held: Disposable[]): OpenedVfio {
  const container = attempt(() => host.openContainer(), vfioErrors.VFIO_CONTAINER);
  held.push(disposable(() => container.close()));
  checkContainer(container);
  const group = openGroup(host, address, container, held);
  attempt(() => container.setIommu(VFIO_TYPE1V2_IOMMU), vfioErrors.VFIO_SET_IOMMU);
  const info = attempt(() => container.info(), vfioErrors.VFIO_IOMMU_INFO);
  const device = attempt(() => group.device(address), vfioErrors.VFIO_DEVICE);
  held.push(disposable(() => device.close()));
  return { ...info, container, device, barSizes: inspect(device) };
}

export function disableDiscard(discard: RAMDiscard, who: string): Disposable {
  try {
    return discard.disable(who);
  } catch {
    throw vfioErrors.VFIO_DISCARD(hostErrorText({ code: "EBUSY" }));
  }
}

function checkContainer(container: VfioContainer): void {
  if (attempt(() => container.apiVersion(), vfioErrors.VFIO_VERSION) !== VFIO_API_VERSION) {
    throw vfioErrors.VFIO_VERSION();
  }
  const hasType1 = attempt(() => container.hasExtension(VFIO_TYPE1V2_IOMMU), vfioErrors.VFIO_NO_TYPE1);
  if (!hasType1) throw vfioErrors.VFIO_NO_TYPE1("Success");
}

function openGroup(host: VfioHost, address: string, container: VfioContainer, held: Disposable[]) {
  const number = attempt(
    () => host.groupOf(address),
    (reason) => vfioErrors.VFIO_GROUP_PATH(address, reason),
  );
  const group = attempt(
    () => host.openGroup(number),
    (reason) => vfioErrors.VFIO_GROUP_OPEN(number, reason),
  );
  held.push(disposable(() => group.close()));
  if (!attempt(() => group.status(), vfioErrors.VFIO_GROUP_STATUS).viable) throw vfioErrors.VFIO_GROUP_NOT_VIABLE();
  attempt(() => group.setContainer(container), vfioErrors.VFIO_GROUP_CONTAINER);
  return group;
}

/** The sizes of the BARs, by index. */
function inspect(device: VfioDevice): readonly number[] {
  const { regions } = attempt(() => device.info(), vfioErrors.VFIO_DEVICE_INFO);
  const { bar0, bar5, config } = VFIO_PCI_REGION;
  if (regions <= config) throw vfioErrors.VFIO_REGIONS();
  attempt(() => device.regionInfo(config), vfioErrors.VFIO_CONFIG_REGION);
  const bars = Array.from({ length: bar5 - bar0 + 1 }, (_, index) => bar0 + index);
  return bars.map((index) => attempt(() => device.regionInfo(index), vfioErrors.VFIO_BAR_REGION).size);
}

/** Without it the device reaches no memory (PCI Local Bus 3.0 §6.2.2). */
export function enableBusMaster(device: VfioDevice): void {
  const command = new Uint8Array(2);
  attempt(
    () => device.readRegion(VFIO_PCI_REGION.config, PCI_COMMAND, command),
    () => vfioErrors.VFIO_BUS_MASTER(),
  );
  command[0] = (command[0] ?? 0) | PCI_COMMAND_MASTER;
  attempt(
    () => device.writeRegion(VFIO_PCI_REGION.config, PCI_COMMAND, command),
    () => vfioErrors.VFIO_BUS_MASTER(),
  );
}
