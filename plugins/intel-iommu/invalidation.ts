// What the invalidation commands do, however they arrive: VT-d specification 4.1 §6.5.1 and §6.5.2.
import type { FunctionSpace } from "./function-space.ts";
import type { FunctionSpaces } from "./function-spaces.ts";
import { NO_PASID } from "./iotlb.ts";
import type { Translation } from "./translator.ts";
import type { RemappingUnit } from "./unit.ts";

const PAGE = 4096;
/** The largest mask of a page-selective invalidation (§11.4.2, MAMV). */
export const LARGEST_MASK = 18;
/** Bits of the function number that are not compared (§6.5.2.1, function mask). */
const FUNCTION_MASKS = [0, 4, 6, 7] as const;

export class Invalidations {
  readonly #unit: RemappingUnit;
  readonly #spaces: FunctionSpaces;

  constructor(unit: RemappingUnit, spaces: FunctionSpaces) {
    this.#unit = unit;
    this.#spaces = spaces;
  }

  /** All context entries; a domain's are not told apart from others. */
  contexts(): void {
    this.#unit.forgetContexts();
    this.#spaces.refresh();
    this.#synchronizeAll();
  }

  contextsOf(source: number, functionMask: number): void {
    const kept = ~(FUNCTION_MASKS[functionMask & 3] ?? 0);
    for (const space of this.#spaces.all()) {
      if (space.busNumber !== source >>> 8 || (space.devfn & kept) !== (source & 0xff & kept)) continue;
      space.translator.forgetContext();
      space.switch();
      space.synchronize();
    }
  }

  translations(): void {
    this.#unit.iotlb.clear();
    this.#synchronizeAll();
  }

  translationsOf(domain: number): void {
    this.#unit.iotlb.removeDomain(domain);
    for (const { space } of this.#followersOf(domain)) space.synchronize();
  }

  /** `2^mask` pages. */
  pages(domain: number, address: number, mask: number): void {
    const count = 2 ** mask;
    this.#unit.iotlb.removePages(domain, address, count);
    this.#pagesChanged(domain, NO_PASID, address, count * PAGE);
  }

  translationsOfPasid(domain: number, pasid: number): void {
    this.#unit.iotlb.removePasid(domain, pasid);
    for (const { space, translation } of this.#followersOf(domain)) {
      if (translation.pasid !== pasid || (this.#unit.configuration.firstLevel && space.wantsMaps)) continue;
      space.synchronize();
    }
  }

  pagesOfPasid(domain: number, pasid: number, address: number, mask: number): void {
    // The field is wider than what it may say.
    const count = 2 ** (mask & 31);
    this.#unit.iotlb.removePagesOfPasid(domain, pasid, address, count);
    this.#pagesChanged(domain, pasid, address, count * PAGE);
  }

  /** In a device's own cache; `isRange`: the lowest clear bit of the page number tells how much (PCI Express 5.0 §10.2.3.2). */
  deviceTranslations(source: number, address: number, isRange: boolean): void {
    const size = isRange ? rangeSize(address) : PAGE;
    this.#spaces.bySource(source)?.invalidateDevice(address - (address % size), size);
  }

  #synchronizeAll(): void {
    for (const space of this.#spaces.followed()) space.synchronize();
  }

  #pagesChanged(domain: number, pasid: number, address: number, length: number): void {
    for (const { space, translation } of this.#followersOf(domain)) {
      if (pasid === NO_PASID || pasid === translation.pasid) space.synchronizePages(translation, address, length);
    }
  }

  *#followersOf(domain: number): Iterable<{ readonly space: FunctionSpace; readonly translation: Translation }> {
    for (const space of this.#spaces.followed()) {
      const translation = space.translator.inspect();
      if (translation?.domain === domain) yield { space, translation };
    }
  }
}

function rangeSize(address: number): number {
  let size = PAGE * 2;
  for (let page = Math.floor(address / PAGE); page % 2 === 1; page = Math.floor(page / 2)) size *= 2;
  return size;
}
