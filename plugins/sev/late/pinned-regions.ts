import { HostCallError, type HostAddress } from "backplane";
import type { PinnedPages } from "./pinned-pages.ts";

interface Region {
  readonly address: HostAddress;
  readonly length: number;
  readonly pages: number;
}

/** The regions of a virtual machine (sev_mem_enc_register_region): each is pinned for as long as it is registered. */
export class PinnedRegions {
  readonly #pages: PinnedPages;
  readonly #regions: Region[] = [];

  constructor(pages: PinnedPages) {
    this.#pages = pages;
  }

  all(): readonly { readonly address: HostAddress; readonly length: number }[] {
    return this.#regions;
  }

  /** The kernel takes a region twice, and then counts it twice. */
  register(address: HostAddress, length: number): void {
    const pages = this.#pages.pin("registerRegion", address, length);
    this.#regions.push({ address, length, pages });
  }

  /** EINVAL unless it was registered just so. */
  unregister(address: HostAddress, length: number): void {
    const at = this.#regions.findIndex((region) => region.address === address && region.length === length);
    const region = this.#regions[at];
    if (region === undefined) throw new HostCallError("unregisterRegion", "EINVAL");
    this.#regions.splice(at, 1);
    this.#pages.unpin(region.pages);
  }

  /** What is left, when the virtual machine is destroyed. */
  release(): void {
    for (const { pages } of this.#regions.splice(0)) this.#pages.unpin(pages);
  }
}
