// The regions of a function's address space, named and laid out as the peer's.
import {
  guestAddress,
  regionOffset,
  WHOLE_SPACE,
  type AddressSpace,
  type Disposable,
  type IommuOps,
  type IommuRegion,
  type MemoryRegion,
  type MemoryRegionOps,
  type MemoryRegions,
  ACCESS_DECODE_ERROR,
  READ_FAILED,
} from "backplane";
import { MESSAGES } from "./message-range.ts";

/**
 * Where requests with a PASID would be kept from the range of messages (VT-d specification 4.1 §3.14). No device makes such
 * requests, so it stays disabled.
 */
const BLOCKED: MemoryRegionOps = {
  valid: { min: 1, max: 8 },
  impl: { min: 1, max: 4 },
  read: () => READ_FAILED,
  write: () => ACCESS_DECODE_ERROR,
};

/** What functions share. */
export interface SharedRegions {
  /** All of memory, with the range of messages. */
  readonly untranslated: MemoryRegion;
  readonly messages: MemoryRegion;
}

export class FunctionRegions implements Disposable {
  readonly space: AddressSpace & Disposable;
  readonly translated: IommuRegion;
  readonly #regions: MemoryRegions;
  readonly #untranslated: MemoryRegion;

  constructor(regions: MemoryRegions, devfn: number, shared: SharedRegions, ops: IommuOps) {
    const name = `vtd-${(devfn >> 3).toString(16).padStart(2, "0")}.${devfn & 7}`;
    const root = regions.container(name, WHOLE_SPACE);
    this.#regions = regions;
    this.space = regions.addressSpace("vtd-root", root);
    this.#untranslated = regions.alias("vtd-nodmar", shared.untranslated, regionOffset(0), WHOLE_SPACE);
    this.translated = regions.iommu(`${name}-dmar`, WHOLE_SPACE, ops);
    const messages = regions.alias("vtd-ir", shared.messages, regionOffset(0), MESSAGES.size);
    this.translated.addSubregion(guestAddress(MESSAGES.address), messages, 1);
    this.translated.setEnabled(false);
    const blocked = regions.io("vtd-no-ir", MESSAGES.size, BLOCKED);
    blocked.setEnabled(false);
    root.addSubregion(guestAddress(MESSAGES.address), blocked, 2);
    root.addSubregion(guestAddress(0), this.translated);
    root.addSubregion(guestAddress(0), this.#untranslated);
  }

  switch(isTranslated: boolean): void {
    if (this.translated.enabled === isTranslated) return;
    this.#regions.transaction(() => {
      this.#untranslated.setEnabled(!isTranslated);
      this.translated.setEnabled(isTranslated);
    });
  }

  dispose(): void | Promise<void> {
    return this.space.dispose();
  }
}
