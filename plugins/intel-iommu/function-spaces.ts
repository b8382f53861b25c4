// What PCI functions see of memory behind the unit. Translation is not supported yet, so the region that would translate
// is never enabled, and all see system memory but for the range of interrupt messages (VT-d specification 3.3 §3.14).
import {
  ACCESS_DECODE_ERROR,
  byteLength,
  guestAddress,
  IOMMU_NONE,
  MiB,
  READ_FAILED,
  regionOffset,
  WHOLE_SPACE,
  type AddressSpace,
  type Disposable,
  type IommuOps,
  type MemoryRegion,
  type MemoryRegionOps,
  type MemoryRegions,
  Ownership,
} from "backplane";
import type { PciFunction, PciIommu } from "backplane/plugins/pci/contract";

const MESSAGES = { address: 0xfee00000, size: byteLength(MiB) } as const;
const DWORDS = { valid: { min: 4, max: 4 }, impl: { min: 4, max: 4 } } as const;

const NOTHING_TRANSLATED: IommuOps = {
  translate(_address, _access, _attributes, into) {
    into.permission = IOMMU_NONE;
  },
};

/** Where the unit blocks messages in the format of before interrupt remapping (§5.1.4). */
const BLOCKED: MemoryRegionOps = { ...DWORDS, read: () => READ_FAILED, write: () => ACCESS_DECODE_ERROR };

export class FunctionSpaces implements PciIommu, Disposable {
  readonly #regions: MemoryRegions;
  readonly #messages: MemoryRegion;
  /** What a function sees whose accesses are not translated. */
  readonly #untranslated: MemoryRegion;
  readonly #spaces = new Ownership();

  constructor(regions: MemoryRegions, system: AddressSpace) {
    this.#regions = regions;
    // Without remapping a message goes on to the processors as it is.
    this.#messages = regions.io("vtd-ir", MESSAGES.size, {
      ...DWORDS,
      read: () => 0,
      write: (offset, value) => void system.store(guestAddress(MESSAGES.address + offset), value, 4),
    });
    this.#untranslated = regions.container("vtd-nodmar", WHOLE_SPACE);
    const all = regions.alias("vtd-sys-alias", system.root, regionOffset(0), WHOLE_SPACE);
    this.#untranslated.addSubregion(guestAddress(0), all);
    this.#untranslated.addSubregion(guestAddress(MESSAGES.address), this.#messages, 1);
  }

  spaceOf({ devfn }: PciFunction): AddressSpace {
    const regions = this.#regions;
    const place = (devfn >> 3).toString(16).padStart(2, "0");
    const name = `vtd-${place}.${devfn & 7}`;
    return regions.withOwner(this.#untranslated.owner, () => {
      const root = regions.container(name, WHOLE_SPACE);
      const translated = regions.iommu(`${name}-dmar`, WHOLE_SPACE, NOTHING_TRANSLATED);
      const messages = regions.alias("vtd-ir", this.#messages, regionOffset(0), MESSAGES.size);
      translated.addSubregion(guestAddress(MESSAGES.address), messages, 1);
      translated.setEnabled(false);
      const untranslated = regions.alias("vtd-nodmar", this.#untranslated, regionOffset(0), WHOLE_SPACE);
      const blocked = regions.io("vtd-no-ir", MESSAGES.size, BLOCKED);
      blocked.setEnabled(false);
      root.addSubregion(guestAddress(0), translated);
      root.addSubregion(guestAddress(0), untranslated);
      root.addSubregion(guestAddress(MESSAGES.address), blocked, 2);
      return this.#spaces.own(regions.addressSpace("vtd-root", root));
    });
  }

  dispose(): Promise<void> {
    return this.#spaces.dispose();
  }
}
