// The address spaces of all functions behind the unit.
import {
  guestAddress,
  regionOffset,
  WHOLE_SPACE,
  type AddressSpace,
  type Disposable,
  type IommuOps,
  type Logger,
  type MemoryRegion,
  type MemoryRegions,
  Ownership,
} from "backplane";
import { type PciBus, type PciFunction, type PciIommu, requesterOnBus } from "backplane/plugins/pci/contract";
import { FunctionRegions } from "./function-regions.ts";
import { type FunctionPlace, FunctionSpace } from "./function-space.ts";
import { MESSAGES } from "./message-range.ts";
import type { WalkBudget } from "./page-walk.ts";
import type { RemappingUnit } from "./unit.ts";

/** Table entries read for one write of a register at most. The peer goes on for as long as tables name themselves. */
const ENTRIES_PER_WRITE = 2 ** 20;

export class FunctionSpaces implements PciIommu, Disposable {
  readonly #regions: MemoryRegions;
  readonly #unit: RemappingUnit;
  readonly #messages: MemoryRegion;
  readonly #log: Logger;
  /** What a function sees whose accesses are not translated. */
  readonly #untranslated: MemoryRegion;
  readonly #spaces: FunctionSpace[] = [];
  /** Those whose translations somebody follows, the youngest first. */
  #followed: readonly FunctionSpace[] = [];
  readonly #budget: WalkBudget = { left: ENTRIES_PER_WRITE };
  readonly #owned = new Ownership();

  constructor(regions: MemoryRegions, unit: RemappingUnit, messages: MemoryRegion, log: Logger) {
    this.#log = log;
    this.#regions = regions;
    this.#unit = unit;
    this.#messages = messages;
    this.#untranslated = regions.container("vtd-nodmar", WHOLE_SPACE);
    const all = regions.alias("vtd-sys-alias", unit.memory.root, regionOffset(0), WHOLE_SPACE);
    this.#untranslated.addSubregion(guestAddress(0), all);
    this.#untranslated.addSubregion(guestAddress(MESSAGES.address), messages, 1);
  }

  spaceOf(subject: PciFunction): AddressSpace {
    const { bus, devfn } = requesterOnBus(subject);
    return this.at(bus, devfn).space;
  }

  /** Functions that share a requester share a space. */
  at(bus: PciBus, devfn: number): FunctionSpace {
    const known = this.#spaces.find((space) => space.isAt(bus, devfn));
    if (known !== undefined) return known;
    const space = this.#owned.own(
      new FunctionSpace(
        { bus, devfn },
        this.#unit,
        (place, ops) => this.#makeRegions(place, ops),
        this.#budget,
        (follower, isFollowed) => this.#setFollowed(follower, isFollowed),
      ),
    );
    this.#spaces.push(space);
    space.switch();
    return space;
  }

  all(): readonly FunctionSpace[] {
    return this.#spaces;
  }

  followed(): readonly FunctionSpace[] {
    return this.#followed;
  }

  /** A requester as the tables and descriptors name it. */
  bySource(source: number): FunctionSpace | undefined {
    return this.#spaces.find(({ busNumber, devfn }) => ((busNumber << 8) | devfn) === source);
  }

  /** The guest writes a register: what follows may read so many entries. */
  startWork(): void {
    this.#budget.left = ENTRIES_PER_WRITE;
  }

  endWork(): void {
    if (this.#budget.left < 0) this.#log.warn("page tables have no end: followers were not told of all that they map");
  }

  /** Followers forget everything, and translators stand where they must (after a table was exchanged). */
  refresh(): void {
    for (const space of this.#followed) space.unmapAll();
    this.switchAll();
  }

  switchAll(): void {
    this.#regions.transaction(() => {
      for (const space of this.#spaces) space.switch();
    });
  }

  dispose(): Promise<void> {
    return this.#owned.dispose();
  }

  #makeRegions({ devfn }: FunctionPlace, ops: IommuOps): FunctionRegions {
    const shared = { untranslated: this.#untranslated, messages: this.#messages };
    return this.#regions.withOwner(
      this.#untranslated.owner,
      () => new FunctionRegions(this.#regions, devfn, shared, ops),
    );
  }

  #setFollowed(space: FunctionSpace, isFollowed: boolean): void {
    const others = this.#followed.filter((other) => other !== space);
    this.#followed = isFollowed ? [space, ...others] : others;
  }
}
