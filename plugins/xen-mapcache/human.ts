import { hex } from "backplane";
import type { HumanCommand } from "backplane/plugins/hmp/contract";
import { describeEntry } from "./commands.ts";
import type { XenMapCache } from "./contract.ts";

/** `info xen-mapcache`. */
export function infoMapCache(cache: XenMapCache): HumanCommand {
  return {
    name: "info xen-mapcache",
    summary: "shows the windows on a Xen guest's memory",
    needs: "x-query-xen-mapcache",
    run: () =>
      cache
        .caches()
        .map(({ name, buckets, bucketSize, mapped, maxSize, entries }) => {
          const head = `${name}: ${buckets} buckets of ${hex(bucketSize)}, ${hex(mapped)} of ${hex(maxSize)} mapped`;
          return [head, ...entries.map(describeEntry)].map((line) => `${line}\n`).join("");
        })
        .join(""),
  };
}
