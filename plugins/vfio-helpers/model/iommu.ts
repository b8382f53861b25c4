// What the IOMMU does with a device's accesses: through a mapping, or to a fault.
import type { HostAddress, HostAddressSpace } from "backplane";
import type { VfioDmaFault } from "../contract.ts";
import type { DmaTable } from "./dma-table.ts";

const FAULTS_KEPT = 64;

export class ModelIommu {
  readonly faults: VfioDmaFault[] = [];
  readonly #table: DmaTable;
  readonly #memory: HostAddressSpace;

  constructor(table: DmaTable, memory: HostAddressSpace) {
    this.#table = table;
    this.#memory = memory;
  }

  read(iova: number, into: Uint8Array): boolean {
    return this.#transfer(iova, into, false);
  }

  write(iova: number, from: Uint8Array): boolean {
    return this.#transfer(iova, from, true);
  }

  /** What lies before the part that faults has been transferred, as with transactions on a bus. */
  #transfer(iova: number, bytes: Uint8Array, write: boolean): boolean {
    for (let done = 0; done < bytes.length;) {
      const entry = this.#table.find(iova + done);
      if (entry === undefined) return this.#refuse(iova + done, write, "unmapped");
      if (!(write ? entry.write : entry.read)) return this.#refuse(iova + done, write, "permission");
      const offset = iova + done - entry.iova;
      const size = Math.min(entry.length - offset, bytes.length - done);
      const part = size === bytes.length ? bytes : bytes.subarray(done, done + size);
      const host = (entry.host + offset) as HostAddress;
      if (!this.#reaches(host, size)) return this.#refuse(iova + done, write, "stale");
      if (write) this.#memory.write(host, part);
      else this.#memory.read(host, part);
      done += size;
    }
    return true;
  }

  /** Memory that was freed while it was mapped is still pinned; nobody else sees what is done to it. */
  #reaches(host: HostAddress, length: number): boolean {
    for (let at = 0; at < length;) {
      const target = this.#memory.find((host + at) as HostAddress);
      if (target === undefined) return false;
      at += target.length;
    }
    return true;
  }

  #refuse(iova: number, write: boolean, reason: VfioDmaFault["reason"]): false {
    if (this.faults.length === FAULTS_KEPT) this.faults.shift();
    this.faults.push({ iova, write, reason });
    return false;
  }
}
