import { DensePageBitmap, type ByteLength, type Disposable, type HostAddress } from "backplane";
import { XEN_PAGE_SIZE } from "./contract.ts";

/** A window that is mapped: so many buckets from the one it begins with. */
export class CacheEntry {
  /** Of its first bucket, in ram-address space. */
  index: number;
  readonly size: ByteLength;
  readonly hostAddress: HostAddress;
  readonly #bucketSize: number;
  #valid: DensePageBitmap;
  #isDummy = false;
  /** What subscribers were told of it, to be taken back. */
  announcement: Disposable | undefined;
  locks = 0;
  dmaLocks = 0;

  constructor(index: number, bucketSize: number, size: ByteLength, hostAddress: HostAddress) {
    this.index = index;
    this.#bucketSize = bucketSize;
    this.size = size;
    this.hostAddress = hostAddress;
    this.#valid = new DensePageBitmap(size / XEN_PAGE_SIZE);
  }

  get address(): number {
    return this.index * this.#bucketSize;
  }

  get isDummy(): boolean {
    return this.#isDummy;
  }

  get pages(): number {
    return this.size / XEN_PAGE_SIZE;
  }

  get validPages(): number {
    return this.#valid.count;
  }

  /** What is behind it from now on. */
  shows(index: number, isValid: (page: number) => boolean, isDummy: boolean): void {
    this.index = index;
    this.#isDummy = isDummy;
    this.#valid = new DensePageBitmap(this.pages);
    for (let page = 0; page < this.pages; page++) if (isValid(page)) this.#valid.set(page);
  }

  /** Whether all these pages are the guest's. */
  covers(first: number, count: number): boolean {
    if (first + count > this.pages) return false;
    for (let page = first; page < first + count; page++) if (!this.#valid.get(page)) return false;
    return true;
  }

  overlaps(start: number, end: number): boolean {
    return this.address < end && start < this.address + this.size;
  }
}
