import {
  GiB,
  hex,
  monitorErrors,
  q,
  type Commands,
  type Disposable,
  type HostAddress,
  type HostAddressSpace,
  type JsonObject,
} from "backplane";
import type { CacheInfo, XenGuest, XenMapCache } from "./contract.ts";
import { xenMapCacheErrors } from "./errors.ts";

const cacheSchema = q.struct("XenMapCacheInfo", {
  name: q.enum("XenMapCacheName", ["foreign", "grants-ro", "grants-rw"]),
  "bucket-size": q.size,
  buckets: q.int,
  "max-size": q.size,
  mapped: q.size,
  entries: q.array(
    q.struct("XenMapCacheEntry", {
      address: q.uint(64),
      size: q.size,
      "host-address": q.uint(64),
      locks: q.int,
      dma: q.int,
      dummy: q.bool,
      "valid-pages": q.int,
      announced: q.bool,
    }),
  ),
});
const addressResult = q.struct("XenMapCacheAddress", { "host-address?": q.uint(64) });
const mapArguments = q.struct("XenMapCacheMap", {
  address: q.uint(64),
  "size?": q.size,
  "lock?": q.bool,
  "dma?": q.bool,
  "write?": q.bool,
  "grant?": q.bool,
});
const entryArguments = q.struct("XenMapCacheEntryAddress", { "host-address": q.uint(64) });
const someEntryArguments = q.struct("XenMapCacheSomeEntry", { "host-address?": q.uint(64) });
const replaceArguments = q.struct("XenMapCacheReplace", { from: q.uint(64), to: q.uint(64), size: q.size });
const readArguments = q.struct("XenMapCacheRead", { "host-address": q.uint(64), size: q.uint(32) });
const writeArguments = q.struct("XenMapCacheWrite", { "host-address": q.uint(64), bytes: q.str });

/** Of one window, and of one access: what a monitor may ask for. */
const WINDOW_MAX = GiB;
const ACCESS_MAX = 4096;

/** Addresses beyond 2^53 are not exact, and no memory is there. */
function place(name: string, value: number): number {
  if (!Number.isSafeInteger(value + WINDOW_MAX)) throw monitorErrors.PARAMETER_RANGE(name, "an address below 2^53");
  return value;
}

function length(size: number, least: number, most: number): number {
  if (size < least || size > most) throw monitorErrors.PARAMETER_RANGE("size", `${least} to ${most}`);
  return size;
}

const answer = (address: HostAddress | undefined): JsonObject =>
  address === undefined ? {} : { "host-address": address };

function toJson({ name, bucketSize, buckets, maxSize, mapped, entries }: CacheInfo): JsonObject {
  return {
    name,
    "bucket-size": bucketSize,
    buckets,
    "max-size": maxSize,
    mapped,
    entries: entries.map((entry) => ({
      address: entry.address,
      size: entry.size,
      "host-address": entry.hostAddress,
      locks: entry.locks,
      dma: entry.dma,
      dummy: entry.dummy,
      "valid-pages": entry.validPages,
      announced: entry.announced,
    })),
  };
}

/** Commands for whoever looks into races between a guest, its memory and its devices: each does one step. */
export function addMapCacheCommands(
  commands: Commands,
  cache: XenMapCache,
  guest: XenGuest | undefined,
  space: HostAddressSpace,
): readonly Disposable[] {
  return [
    commands.add({
      name: "x-query-xen-mapcache",
      unstable: true,
      summary: "The map caches with their windows, locks and sizes, and the pages of the guest's domain",
      arguments: q.none,
      result: q.struct("XenMapCacheState", { caches: q.array(cacheSchema), "populated?": q.int }),
      run: (): JsonObject => ({
        caches: cache.caches().map(toJson),
        ...(guest === undefined ? {} : { populated: guest.populated }),
      }),
    }),
    commands.add({
      name: "x-xen-mapcache-map",
      unstable: true,
      summary: "Maps a window, as a device's access does; no address where the guest has no page",
      arguments: mapArguments,
      result: addressResult,
      run: ({ address, size = 0, lock = false, dma = lock, write = true, grant = false }): JsonObject =>
        answer(
          cache.map({ address: place("address", address), size: length(size, 0, WINDOW_MAX), lock, dma, write, grant }),
        ),
    }),
    commands.add({
      name: "x-xen-mapcache-invalidate",
      unstable: true,
      summary: "Gives back the lock of a window; without an address, takes away all windows that nobody holds",
      arguments: someEntryArguments,
      result: q.struct("XenMapCacheInvalidated", { found: q.bool }),
      run({ "host-address": address }): JsonObject {
        if (address !== undefined) return { found: cache.invalidateEntry(address as HostAddress) };
        cache.invalidate();
        return { found: true };
      },
    }),
    commands.add({
      name: "x-xen-mapcache-replace",
      unstable: true,
      summary: "Has a window show other memory at its address",
      arguments: replaceArguments,
      result: addressResult,
      run: ({ from, to, size }): JsonObject =>
        answer(cache.replace(place("from", from), place("to", to), length(size, 1, WINDOW_MAX))),
    }),
    commands.add({
      name: "x-xen-mapcache-lookup",
      unstable: true,
      summary: "The place in ram-address space that a locked window was asked for",
      arguments: entryArguments,
      result: q.struct("XenMapCacheRamAddress", { "ram-address?": q.uint(64) }),
      run({ "host-address": address }): JsonObject {
        const found = cache.ramAddressOf(address as HostAddress);
        return found === undefined ? {} : { "ram-address": found };
      },
    }),
    commands.add({
      name: "x-xen-mapcache-read",
      unstable: true,
      summary: "Bytes through a window, as hexadecimal digits",
      arguments: readArguments,
      result: q.struct("XenMapCacheBytes", { bytes: q.str }),
      run({ "host-address": address, size }): JsonObject {
        const bytes = Buffer.alloc(length(size, 1, ACCESS_MAX));
        space.read(address as HostAddress, bytes);
        return { bytes: bytes.toString("hex") };
      },
    }),
    commands.add({
      name: "x-xen-mapcache-write",
      unstable: true,
      summary: "Writes bytes through a window",
      arguments: writeArguments,
      run({ "host-address": address, bytes }): void {
        if (bytes.length > 2 * ACCESS_MAX || !/^(?:[0-9a-f]{2})+$/i.test(bytes)) throw xenMapCacheErrors.XEN_BYTES();
        space.write(address as HostAddress, Buffer.from(bytes, "hex"));
      },
    }),
  ];
}

export const describeEntry = (entry: CacheInfo["entries"][number]): string =>
  [
    `  ${hex(entry.address, 16)} ${hex(entry.size)} at ${hex(entry.hostAddress, 16)}`,
    `${entry.validPages}/${entry.size / 4096} pages`,
    ...(entry.locks > 0 ? [`${entry.locks} locks (${entry.dma} dma)`] : []),
    ...(entry.dummy ? ["dummy"] : []),
    ...(entry.announced ? [] : ["not announced"]),
  ].join(", ");
