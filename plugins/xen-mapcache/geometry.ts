// The sizes of the peer's hw/xen/xen-mapcache.c.
import { alignUp, byteLength, GiB, KiB, MiB, type ByteLength } from "backplane";
import { xenMapCacheErrors } from "./errors.ts";
import { XEN_PAGE_SIZE } from "./contract.ts";

/** What the peer leaves of a limited address space to the rest of the program. */
export const NON_CACHE_MEMORY = 80 * MiB;
const LEAST_LIMIT = 96 * MiB;

export interface CacheGeometry {
  readonly bucketSize: ByteLength;
  readonly maxSize: ByteLength;
}

export interface Geometries {
  readonly foreign: CacheGeometry;
  /** Nothing beyond what was granted can be mapped, so a bucket of grants is a page. */
  readonly grants: CacheGeometry;
}

/** `limit`: RLIMIT_AS, Infinity for root. */
export function geometries(longBits: 32 | 64, limit: number): Geometries {
  if (limit < LEAST_LIMIT) throw xenMapCacheErrors.XEN_ADDRESS_SPACE_LIMIT(limit);
  const most = longBits === 32 ? 2 * GiB : 32 * GiB;
  const maxSize = byteLength(limit < most + NON_CACHE_MEMORY ? limit - NON_CACHE_MEMORY : most);
  const bucketSize = byteLength(longBits === 32 ? 64 * KiB : MiB);
  return { foreign: { bucketSize, maxSize }, grants: { bucketSize: XEN_PAGE_SIZE, maxSize } };
}

export const bucketsOf = ({ bucketSize, maxSize }: CacheGeometry): number => Math.ceil(maxSize / bucketSize);

/** Which bucket, which of its pages, and how large a window: whole buckets. */
export function measure({ bucketSize }: CacheGeometry, address: number, length: number) {
  const offset = address % bucketSize;
  const count = length === 0 ? 1 : Math.ceil((length + (address % XEN_PAGE_SIZE)) / XEN_PAGE_SIZE);
  return {
    index: Math.floor(address / bucketSize),
    offset,
    /** Of the window's pages. */
    first: Math.floor(offset / XEN_PAGE_SIZE),
    count,
    size: length === 0 ? bucketSize : alignUp((length + offset) as ByteLength, bucketSize),
  };
}
