// A device of the host that a guest drives: its registers are passed on, its messages become the guest's, and its DMA goes
// where the guest's own IOMMU, or the machine's memory, leads.
import {
  BackplaneError,
  byteLength,
  DEVICE,
  disposable,
  HostCallError,
  inject,
  injectable,
  LIFECYCLE,
  machineErrors,
  MEMORY_REGIONS,
  messageOf,
  prop,
  type AddressSpace,
  type Device,
  type DeviceContext,
  type DeviceType,
  type Disposable,
  type Lifecycle,
  type MemoryRegions,
  type Property,
} from "backplane";
import { PCI, pciProperties, type Pci, type PciFunction } from "backplane/plugins/pci/contract";
import { VFIO_PCI_IRQ, VFIO_PCI_REGION, type VfioDevice, type VfioMappedRegion } from "../contract.ts";
import { vfioErrors } from "../errors.ts";
import { disableDiscard, openVfio, type OpenedVfio } from "../helpers/open-device.ts";
import { VFIO_GUESTS, type VfioGuests } from "./contract.ts";

const HOST_ADDRESS = /^(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,2}):([01]?[0-9a-f])\.([0-7])$/i;
const IDENTITY_LENGTH = 0x30;
/** Where the guest finds the messages' table; the device's own is the host's business. */
const MSIX_BAR = 4;
const COMMAND = 0x04;
const COMMAND_MEMORY = 0x2;
const COMMAND_MASTER = 0x4;

/** `01:00.0` is in domain 0. */
const hostAddress: Property<string | undefined> = {
  ...prop.string(undefined, { description: "Address (bus/device/function) of the host device, example: 04:10.0" }),
  parse(value, name, owner) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const [, domain = "0", bus = "", slot = "", number = ""] = HOST_ADDRESS.exec(text) ?? [];
    if (bus === "") throw machineErrors.PROPERTY_REFUSED(owner, name, text);
    return `${domain.padStart(4, "0")}:${bus.padStart(2, "0")}:${slot.padStart(2, "0")}.${number}`.toLowerCase();
  },
};

export const vfioPciType = {
  name: "vfio-pci",
  description: "VFIO-based PCI device assignment",
  bus: "PCI",
  category: "misc",
  properties: { host: hostAddress, ...pciProperties },
} satisfies DeviceType;

@injectable()
export class VfioPciDevice implements Device {
  #card: PciFunction | undefined;

  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof vfioPciType.properties>,
    @inject(PCI) private readonly pci: Pci,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(LIFECYCLE) private readonly lifecycle: Lifecycle,
    @inject(VFIO_GUESTS) private readonly guests: VfioGuests,
  ) {}

  realize(): void {
    const { device } = this;
    const { host } = device.properties;
    if (host === undefined) throw vfioErrors.VFIO_PCI_HOST();
    const opened = this.#open(host);
    const { device: passed } = opened;
    const card = this.#plug(passed, host);
    this.#card = card;
    device.own(disposable(() => (this.#card = undefined)));
    this.#passRegisters(card, opened, host);
    this.#passMessages(card, passed, host);
    const blocked = this.guests.migration?.block(`${host}: VFIO migration is not supported in kernel`);
    if (blocked !== undefined) device.own(blocked);
    this.#followMemory(card, opened, host);
  }

  unplug(): void {
    this.#card?.requestUnplug();
  }

  #open(host: string): OpenedVfio {
    const held: Disposable[] = [];
    this.device.own(
      disposable(() => {
        for (const one of held.splice(0).toReversed()) void one.dispose();
      }),
    );
    return named(host, () => {
      held.push(disableDiscard(this.guests.discard, `vfio ${host}`));
      const opened = openVfio(host, this.guests.host, held);
      held.push(this.guests.used({ address: host, container: opened.container, guest: this.device.path }));
      return opened;
    });
  }

  #plug(passed: VfioDevice, host: string): PciFunction {
    const header = new Uint8Array(IDENTITY_LENGTH);
    named(host, () => passed.readRegion(VFIO_PCI_REGION.config, 0, header));
    const view = new DataView(header.buffer);
    return this.pci.plug({
      device: this.device,
      vendorId: view.getUint16(0x00, true),
      deviceId: view.getUint16(0x02, true),
      revision: view.getUint8(0x08),
      programmingInterface: view.getUint8(0x09),
      classId: view.getUint16(0x0a, true),
      subsystemVendorId: view.getUint16(0x2c, true),
      subsystemId: view.getUint16(0x2e, true),
      configWritten: (offset) => {
        if (offset <= COMMAND + 1) this.#passCommand(passed);
      },
      reset: () => this.#reset(passed),
    });
  }

  /** The device itself heeds whether it may be a bus master; its registers are always there. */
  #passCommand(passed: VfioDevice): void {
    const master = this.#card?.busMaster === true ? COMMAND_MASTER : 0;
    try {
      passed.writeRegion(VFIO_PCI_REGION.config, COMMAND, Uint8Array.of(COMMAND_MEMORY | master, 0));
    } catch (failure) {
      this.device.log.error(messageOf(failure));
    }
  }

  /** BARs that the device has, in the places where it has them. */
  #passRegisters(card: PciFunction, { device: passed, barSizes }: OpenedVfio, host: string): void {
    barSizes.forEach((size, index) => {
      if (size === 0 || index === MSIX_BAR) return;
      const bar: VfioMappedRegion = named(host, () => passed.mapRegion(index, 0, size));
      this.device.own(disposable(() => bar.unmap()));
      const region = this.regions.io(`${host} BAR ${index}`, byteLength(size), {
        impl: { min: 1, max: 4 },
        read: (offset, width) => bar.read(offset, width as 1 | 2 | 4),
        write: (offset, value, width) => bar.write(offset, width as 1 | 2 | 4, value),
      });
      card.addBar(index, "memory64", region);
    });
  }

  #passMessages(card: PciFunction, passed: VfioDevice, host: string): void {
    const { count } = named(host, () => passed.irqInfo(VFIO_PCI_IRQ.msix));
    if (count === 0) return;
    const messages = card.addMsix(count, MSIX_BAR);
    for (let vector = 0; vector < count; vector++) {
      named(host, () => passed.setIrq(VFIO_PCI_IRQ.msix, vector, () => messages.send(vector)));
    }
  }

  /** What it can see of memory is known when the machine is complete: an IOMMU may come after it. */
  #followMemory(card: PciFunction, { container }: OpenedVfio, host: string): void {
    const follow = (): void =>
      void named(host, () => this.device.own(this.guests.follow(this.#spaceBehind(card), container)));
    if (this.lifecycle.reached === "done") follow();
    else this.device.own(this.lifecycle.on("done", follow));
  }

  /** Whether or not it may be a bus master now: what would be refused later is refused at the start. */
  #spaceBehind({ memory }: PciFunction): AddressSpace {
    const behind = memory.root.subregions[0]?.alias?.target;
    return this.regions.addressSpaces().find(({ root }) => root === behind) ?? memory;
  }

  #reset(passed: VfioDevice): void {
    this.#passCommand(passed);
    try {
      passed.reset();
    } catch (failure) {
      this.device.log.error(`vfio: Cannot reset device ${this.device.properties.host ?? ""}: ${messageOf(failure)}`);
    }
  }
}

/** Errors of the host's calls, with the device that they are about. */
function named<T>(host: string, call: () => T): T {
  try {
    return call();
  } catch (failure) {
    throw failureOf(host, failure);
  }
}

function failureOf(host: string, failure: unknown): BackplaneError {
  if (failure instanceof BackplaneError && failure.code === "VFIO_GROUP_PATH") return vfioErrors.VFIO_PCI_MISSING(host);
  return vfioErrors.VFIO_PCI(host, failure instanceof HostCallError ? failure.text : messageOf(failure));
}
