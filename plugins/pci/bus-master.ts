import {
  accessBy,
  guestAddress,
  regionOffset,
  WHOLE_SPACE,
  type AccessAttributes,
  type AddressSpace,
  type DeviceContext,
  type Disposable,
  type MemoryRegion,
  type MemoryRegions,
} from "backplane";

/**
 * What a function sees of memory: nothing while it may not be bus master, else all of it, or what an IOMMU lets it see.
 * Which of the two is known when the machine is complete.
 */
export class BusMaster {
  readonly space: AddressSpace;
  readonly #regions: MemoryRegions;
  readonly #container: MemoryRegion;
  #open: MemoryRegion | undefined;
  #isEnabled = false;

  constructor(device: DeviceContext, regions: MemoryRegions, name: string) {
    this.#regions = regions;
    this.#container = regions.container("bus master container", WHOLE_SPACE);
    const maxBounceBufferSize = Number(device.properties["x-max-bounce-buffer-size"] ?? 4096);
    const space = regions.addressSpace(name, this.#container, { maxBounceBufferSize });
    device.own<Disposable>(space);
    this.space = space;
  }

  /** Connects it to the memory behind it. */
  connect(memory: MemoryRegion): void {
    const open = this.#regions.withOwner(this.#container.owner, () =>
      this.#regions.alias("bus master", memory, regionOffset(0), WHOLE_SPACE),
    );
    open.setEnabled(this.#isEnabled);
    this.#container.addSubregion(guestAddress(0), open);
    this.#open = open;
  }

  setEnabled(isEnabled: boolean): void {
    this.#isEnabled = isEnabled;
    this.#open?.setEnabled(isEnabled);
  }
}

/** How an access of a function introduces itself: by its requester id (PCI Express Base Specification 5.0, §2.2.6.2). */
export function requester(busNumber: number, devfn: number): AccessAttributes {
  return accessBy((busNumber << 8) | devfn);
}
