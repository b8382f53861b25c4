import { HostCallError, hostMilliseconds, type HostAddressSpace, type HostCalls } from "backplane";
import type { VfioCall, VfioContainer, VfioGroup, VfioHost } from "../contract.ts";
import { ModelContainer } from "./container.ts";
import { ModelDevice } from "./device.ts";
import type { DmaTableOptions } from "./dma-table.ts";
import type { ModelFunction } from "./function.ts";

/** Time goes by, and a pause makes it go by faster than it takes. */
class ModelTime {
  #skipped = 0;

  now(): number {
    return hostMilliseconds() + this.#skipped;
  }

  pause(): void {
    this.#skipped++;
  }
}

export interface ModelHostParts {
  readonly functions: readonly ModelFunction[];
  readonly table: DmaTableOptions;
  readonly memory: HostAddressSpace;
  readonly calls: HostCalls<VfioCall>;
  readonly time: ModelTime;
}

/** A host with an IOMMU, and devices that are bound to VFIO. Without devices it has no VFIO at all. */
export class ModelHost implements VfioHost {
  readonly time: ModelTime;
  readonly #parts: ModelHostParts;
  readonly #containers = new Set<ModelContainer>();
  readonly #devices = new Set<ModelDevice>();
  readonly #openGroups = new Set<number>();

  constructor(parts: ModelHostParts) {
    this.#parts = parts;
    this.time = parts.time;
  }

  /** All that was opened or connected and not given back: files, mapped registers, interrupts. */
  get files(): number {
    let sum = this.#openGroups.size;
    for (const { isOpen } of this.#containers) sum += isOpen ? 1 : 0;
    for (const { outstanding } of this.#devices) sum += outstanding;
    return sum;
  }

  get mappings(): number {
    let sum = 0;
    for (const container of this.#containers) sum += container.mappings().length;
    return sum;
  }

  openContainer(): VfioContainer {
    this.#parts.calls.enter("openContainer");
    if (this.#parts.functions.length === 0) throw new HostCallError("openContainer", "ENOENT");
    return this.#makeContainer();
  }

  /** With an IOMMU, as if a group without devices were in it; its closing gives everything back. */
  makeReadyContainer(): ModelContainer {
    const container = this.#makeContainer();
    container.standAlone();
    return container;
  }

  groupOf(address: string): number {
    this.#parts.calls.enter("groupOf");
    const index = this.#parts.functions.findIndex((one) => one.address === address);
    if (index < 0) throw new HostCallError("groupOf", "ENOENT");
    return this.#groupAt(index);
  }

  openGroup(group: number): VfioGroup {
    this.#parts.calls.enter("openGroup");
    const members = this.#parts.functions.filter((_, index) => this.#groupAt(index) === group);
    if (members.length === 0) throw new HostCallError("openGroup", "ENOENT");
    if (this.#openGroups.has(group)) throw new HostCallError("openGroup", "EBUSY");
    this.#openGroups.add(group);
    return this.#makeGroup(group, members);
  }

  #makeContainer(): ModelContainer {
    const { table, memory, calls } = this.#parts;
    const container = new ModelContainer(table, memory, calls);
    this.#containers.add(container);
    return container;
  }

  /** Groups of their own come behind those that were given. */
  #groupAt(index: number): number {
    const { functions } = this.#parts;
    const given = functions.flatMap(({ group }) => (group === undefined ? [] : [group]));
    return functions[index]?.group ?? Math.max(-1, ...given) + 1 + index;
  }

  #makeGroup(group: number, members: readonly ModelFunction[]): VfioGroup {
    const { calls } = this.#parts;
    let container: ModelContainer | undefined;
    let isOpen = true;
    let devices = 0;
    // The container loses the group when the last file of the group has gone.
    const settle = (): void => {
      if (isOpen || devices > 0) return;
      container?.dropGroup();
      container = undefined;
      this.#openGroups.delete(group);
    };
    const enter = (call: VfioCall): void => {
      calls.enter(call);
      if (!isOpen) throw new HostCallError(call, "EBADF");
    };
    return {
      status: () => {
        enter("groupStatus");
        return { viable: members.every(({ viable }) => viable), hasContainer: container !== undefined };
      },
      setContainer: (given) => {
        enter("setContainer");
        const isOwn = given instanceof ModelContainer && this.#containers.has(given);
        if (!isOwn || container !== undefined) throw new HostCallError("setContainer", "EINVAL");
        container = given;
        given.addGroup();
      },
      device: (address) => {
        enter("device");
        if (container?.hasIommu !== true) throw new HostCallError("device", "EINVAL");
        const found = members.find((one) => one.address === address);
        if (found === undefined) throw new HostCallError("device", "ENODEV");
        devices++;
        const device = new ModelDevice({
          function: found,
          iommu: container.iommu,
          calls,
          closed: () => {
            devices--;
            settle();
          },
        });
        this.#devices.add(device);
        return device;
      },
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        settle();
      },
    };
  }
}

export function modelTime(): ModelTime {
  return new ModelTime();
}
