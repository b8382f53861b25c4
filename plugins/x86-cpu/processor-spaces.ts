import {
  byteLength,
  disposable,
  GiB,
  guestAddress,
  Ownership,
  regionOffset,
  WHOLE_SPACE,
  type Disposable,
  type MemoryRegion,
  type MemoryRegions,
} from "backplane";
import type { ProcessorAddressSpaces } from "./contract.ts";

/** SMRAM lies over the first 4 GiB (Intel SDM, volume 3, §33.4). */
const MANAGEMENT_SIZE = 4 * GiB;

/** What each processor sees: system memory, and in system management mode SMRAM laid over it. */
export class ProcessorSpaces implements ProcessorAddressSpaces, Disposable {
  readonly #regions: MemoryRegions;
  readonly #system: MemoryRegion;
  readonly #runsGuests: boolean;
  readonly #roots: MemoryRegion[] = [];
  readonly #owned = new Ownership();
  #smram: MemoryRegion | undefined;

  /** Where nothing runs but a client's requests, as with `-accel qtest`, no processor comes into another mode. */
  constructor(regions: MemoryRegions, system: MemoryRegion, runsGuests: boolean) {
    this.#regions = regions;
    this.#system = system;
    this.#runsGuests = runsGuests;
  }

  /** A processor comes. Disposing takes its spaces away again. */
  add(index: number): Disposable {
    const normal = this.#regions.addressSpace(`cpu-memory-${index}`, this.#system);
    const management = this.#runsGuests ? this.#addManagement(index) : undefined;
    return this.#owned.own(
      disposable(() => {
        void management?.dispose();
        void normal.dispose();
      }),
    );
  }

  showManagementRam(smram: MemoryRegion): void {
    this.#smram = smram;
    for (const root of this.#roots) this.#cover(root, smram);
  }

  dispose(): Promise<void> {
    return this.#owned.dispose();
  }

  #addManagement(index: number): Disposable {
    const root = this.#regions.container("memory", WHOLE_SPACE);
    const all = this.#regions.alias("memory", this.#system, regionOffset(0), WHOLE_SPACE);
    root.addSubregion(guestAddress(0), all);
    this.#roots.push(root);
    if (this.#smram !== undefined) this.#cover(root, this.#smram);
    const space = this.#regions.addressSpace(`cpu-smm-${index}`, root);
    return disposable(() => {
      this.#roots.splice(this.#roots.indexOf(root), 1);
      return space.dispose();
    });
  }

  #cover(root: MemoryRegion, smram: MemoryRegion): void {
    const alias = this.#regions.withOwner(root.owner, () =>
      this.#regions.alias("smram", smram, regionOffset(0), byteLength(MANAGEMENT_SIZE)),
    );
    root.addSubregion(guestAddress(0), alias, 1);
  }
}
