// Grants: Xen, xen/include/public/grant_table.h; Linux, drivers/xen/gntdev.c for what a process may map.
import { HostCallError } from "backplane";
import type { GrantReference, GuestFrame } from "../contract.ts";
import type { Page, XenDomain } from "./domain.ts";

/** 64 frames of version-1 entries, as Xen gives a domain by default; the first 8 are the toolstack's. */
const REFERENCES = 64 * 512;
const RESERVED = 8;

interface Grant {
  readonly frame: GuestFrame;
  readonly readonly: boolean;
  mappings: number;
}

export class GrantTable {
  readonly #domain: XenDomain;
  readonly #limit: number;
  readonly #grants = new Map<GrantReference, Grant>();

  constructor(domain: XenDomain, limit: number) {
    this.#domain = domain;
    this.#limit = limit;
  }

  grant(reference: GrantReference, frame: GuestFrame, readonly: boolean): void {
    if (reference < RESERVED || reference >= REFERENCES) throw new HostCallError("grant", "EINVAL");
    if (this.#grants.has(reference)) throw new HostCallError("grant", "EEXIST");
    this.#grants.set(reference, { frame, readonly, mappings: 0 });
  }

  end(reference: GrantReference): void {
    const grant = this.#grants.get(reference);
    if (grant === undefined) throw new HostCallError("endGrant", "ENOENT");
    if (grant.mappings > 0) throw new HostCallError("endGrant", "EBUSY");
    this.#grants.delete(reference);
  }

  /** The pages of all of them. gntdev has one error for whatever Xen says against any. */
  map(references: readonly GrantReference[], writable: boolean): Page[] {
    if (references.length === 0 || references.length > this.#limit) throw new HostCallError("grantMap", "EINVAL");
    const grants = references.map((reference) => this.#grants.get(reference));
    const pages: Page[] = [];
    for (const grant of grants) {
      const page = grant === undefined || (writable && grant.readonly) ? undefined : this.#domain.take(grant.frame);
      if (page === undefined) {
        for (const taken of pages) this.#domain.giveBack(taken);
        throw new HostCallError("grantMap", "EINVAL");
      }
      pages.push(page);
    }
    for (const grant of grants) if (grant !== undefined) grant.mappings++;
    return pages;
  }

  unmap(references: readonly GrantReference[]): void {
    for (const reference of references) {
      const grant = this.#grants.get(reference);
      if (grant !== undefined) grant.mappings--;
    }
  }
}
