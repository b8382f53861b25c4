// What a function sees of memory behind the unit, and those who keep copies of its translations.
import {
  IOMMU_NONE,
  pagesOf,
  type AddressSpace,
  type Disposable,
  type IommuEvent,
  type IommuNotifier,
  type IommuOps,
  type IommuRegion,
} from "backplane";
import { iommuErrors } from "./errors.ts";
import { type WalkBudget, walkPages } from "./page-walk.ts";
import type { FunctionRegions } from "./function-regions.ts";
import { Shadow } from "./shadow.ts";
import { FAULT } from "./reasons.ts";
import { type Translation, Translator } from "./translator.ts";
import type { RemappingUnit } from "./unit.ts";

const PAGE = 4096;
const ALL_ADDRESSES = 2 ** 64;

/** Where a function is; the number of its bus is the firmware's. */
export interface FunctionPlace {
  readonly bus: { readonly number: number };
  readonly devfn: number;
}

/** Hears when somebody starts, or nobody is left, to follow a function's translations. */
export type FollowersChanged = (space: FunctionSpace, isFollowed: boolean) => void;

export class FunctionSpace implements IommuOps, Disposable {
  readonly translator: Translator;
  readonly translate: IommuOps["translate"];
  readonly #place: FunctionPlace;
  readonly #unit: RemappingUnit;
  readonly #regions: FunctionRegions;
  readonly #budget: WalkBudget;
  readonly #followed: FollowersChanged;
  readonly #shadow = new Shadow();
  #wantsMaps = false;

  constructor(
    place: FunctionPlace,
    unit: RemappingUnit,
    makeRegions: (place: FunctionPlace, ops: IommuOps) => FunctionRegions,
    budget: WalkBudget,
    followed: FollowersChanged,
  ) {
    this.#place = place;
    this.#unit = unit;
    this.#budget = budget;
    this.#followed = followed;
    this.translator = new Translator(unit, {
      get busNumber() {
        return place.bus.number;
      },
      devfn: place.devfn,
      passesThrough: () => this.switch(),
    });
    this.translate = this.translator.translate.bind(this.translator);
    this.#regions = makeRegions(place, this);
  }

  isAt(bus: FunctionPlace["bus"], devfn: number): boolean {
    return this.#place.bus === bus && this.#place.devfn === devfn;
  }

  get busNumber(): number {
    return this.#place.bus.number;
  }

  get devfn(): number {
    return this.#place.devfn;
  }

  get space(): AddressSpace {
    return this.#regions.space;
  }

  get region(): IommuRegion {
    return this.#regions.translated;
  }

  /** The translator stands in the way only where requests are translated. */
  switch(): void {
    const { isTranslating } = this.#unit;
    this.#regions.switch(isTranslating && this.translator.inspect()?.isPassThrough !== true);
  }

  eventsChanged(before: ReadonlySet<IommuEvent["kind"]>, after: ReadonlySet<IommuEvent["kind"]>): void {
    const { cachingMode, deviceIotlb, snoopControl } = this.#unit.configuration;
    if (snoopControl) throw iommuErrors.IOMMU_SNOOP_FOLLOWED();
    if (!cachingMode && after.has("map")) throw iommuErrors.IOMMU_CACHING_MODE(this.#name);
    if (!deviceIotlb && after.has("device-unmap")) throw iommuErrors.IOMMU_DEVICE_IOTLB(this.#name);
    this.#wantsMaps = after.has("map");
    if (before.size === 0) this.#followed(this, true);
    else if (after.size === 0) this.#followed(this, false);
  }

  /** A new follower is told of all that is mapped. */
  replay(notifier: IommuNotifier): void {
    this.#shadow.clear();
    const translation = this.translator.inspect();
    if (translation === undefined || !notifier.events.includes("map")) return;
    this.#walk(translation, 0, ALL_ADDRESSES, false, (event) => tellOne(notifier, event));
  }

  /** The tables may have changed anywhere. */
  synchronize(): void {
    if (!this.#wantsMaps) {
      for (const notifier of this.region.notifiers) this.#unmap(notifier, ALL_ADDRESSES);
      return;
    }
    const translation = this.translator.inspect();
    if (translation !== undefined) this.#synchronize(translation, 0, ALL_ADDRESSES);
    else if (this.translator.trouble === FAULT.contextAbsent) this.unmapAll();
  }

  /** The tables may have changed for these pages of the domain. */
  synchronizePages(translation: Translation, address: number, length: number): void {
    const { configuration, root, memory } = this.#unit;
    if (!this.#wantsMaps) {
      const unmapped = { kind: "unmap", target: memory, translated: 0, permission: IOMMU_NONE } as const;
      this.region.notify({ ...unmapped, address, size: length });
    } else if (!configuration.firstLevel || !root.isScalable) this.#synchronize(translation, address, address + length);
  }

  get wantsMaps(): boolean {
    return this.#wantsMaps;
  }

  unmapAll(): void {
    for (const notifier of this.region.notifiers) {
      const end = this.#unmap(notifier, 2 ** this.#unit.configuration.addressWidth);
      this.#shadow.remove(notifier.start ?? 0, end);
    }
  }

  /** The device's own cache of translations is to forget a range. */
  invalidateDevice(address: number, size: number): void {
    const event = { kind: "device-unmap", target: this.space, translated: 0, permission: IOMMU_NONE } as const;
    this.region.notify({ ...event, address, size });
  }

  dispose(): void | Promise<void> {
    return this.#regions.dispose();
  }

  get #name(): string {
    const byte = (value: number): string => value.toString(16).padStart(2, "0");
    return `${byte(this.busNumber)}.${byte(this.devfn >> 3)}.${this.devfn & 7}`;
  }

  #synchronize(translation: Translation, start: number, end: number): void {
    this.#walk(translation, start, end, true, (event) => this.region.notify(event));
  }

  #walk(
    translation: Translation,
    start: number,
    end: number,
    tellsUnmaps: boolean,
    tell: (event: IommuEvent) => void,
  ): void {
    walkPages(
      { unit: this.#unit, translation, shadow: this.#shadow, budget: this.#budget, tellsUnmaps, tell },
      start,
      end,
    );
  }

  /** Tells one that nothing of its range is mapped, as far as `limit`. */
  #unmap(notifier: IommuNotifier, limit: number): number {
    const start = notifier.start ?? 0;
    const end = Math.min(notifier.end ?? ALL_ADDRESSES, limit);
    const unmapped = { kind: "unmap", target: this.#unit.memory, translated: 0, permission: IOMMU_NONE } as const;
    for (const page of pagesOf(start, end - start)) {
      if (page.size >= PAGE) tellOne(notifier, { ...unmapped, ...page });
    }
    return end;
  }
}

function tellOne(notifier: IommuNotifier, event: IommuEvent): void {
  const { start = 0, end = Infinity } = notifier;
  if (!notifier.events.includes(event.kind)) return;
  if (event.address < end && event.address + event.size > start) notifier.notify(event);
}
