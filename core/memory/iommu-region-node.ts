import { disposable, type Disposable } from "../disposable.ts";
import { TARGET_PAGE_SIZE, type ByteLength } from "./address.ts";
import { IOMMU_NONE, type IommuEvent, type IommuNotifier, type IommuOps, type IommuRegion } from "./iommu.ts";
import type { IommuTranslation } from "./iommu.ts";
import { MemoryRegionNode, type RegionChanged } from "./memory-region-node.ts";
import { ACCESS_UNSPECIFIED } from "./transaction.ts";

/** A region behind which an IOMMU translates, with those who keep copies of its translations. */
export class IommuRegionNode extends MemoryRegionNode implements IommuRegion {
  readonly iommu: IommuOps;
  #notifiers: readonly IommuNotifier[] = [];

  constructor(name: string, size: ByteLength, changed: RegionChanged, iommu: IommuOps) {
    super("iommu", name, size, changed);
    this.iommu = iommu;
  }

  override get asIommu(): IommuRegionNode {
    return this;
  }

  get notifiers(): readonly IommuNotifier[] {
    return this.#notifiers;
  }

  get isWatched(): boolean {
    return this.#notifiers.length > 0;
  }

  addNotifier(notifier: IommuNotifier): Disposable {
    this.#set([...this.#notifiers, notifier]);
    return disposable(() => this.#set(this.#notifiers.filter((other) => other !== notifier)));
  }

  notify(event: IommuEvent, index = 0): void {
    for (const notifier of this.#notifiers) {
      const { start = 0, end = Infinity } = notifier;
      if ((notifier.index ?? 0) !== index || !notifier.events.includes(event.kind)) continue;
      if (event.address < end && event.address + event.size > start) notifier.notify(event);
    }
  }

  replay(notifier: IommuNotifier): void {
    if (this.iommu.replay !== undefined) {
      this.iommu.replay(notifier);
      return;
    }
    const step = this.iommu.minPageSize ?? TARGET_PAGE_SIZE;
    const entry = blankTranslation();
    for (let address = 0; address < this.size; address += step) {
      this.iommu.translate(address, IOMMU_NONE, ACCESS_UNSPECIFIED, entry);
      const { target, translated, permission } = entry;
      if (permission === IOMMU_NONE || target === undefined) continue;
      notifier.notify({ kind: "map", target, address, translated, size: step, permission });
    }
  }

  #set(notifiers: readonly IommuNotifier[]): void {
    const before = eventsOf(this.#notifiers);
    const after = eventsOf(notifiers);
    if (before.size !== after.size || [...after].some((kind) => !before.has(kind))) {
      this.iommu.eventsChanged?.(before, after);
    }
    this.#notifiers = notifiers;
  }
}

/** An entry for `translate` to fill in; lets nothing through. */
export function blankTranslation(): IommuTranslation {
  return { target: undefined, translated: 0, size: 1, permission: IOMMU_NONE };
}

function eventsOf(notifiers: readonly IommuNotifier[]): ReadonlySet<IommuEvent["kind"]> {
  return new Set(notifiers.flatMap(({ events }) => events));
}
