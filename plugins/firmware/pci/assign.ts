import type { Steps } from "../steps.ts";
import { busOf, type PciConfig } from "./config-access.ts";
import type { PciFunction } from "./functions.ts";
import { placeRoots, WINDOW_PADDING, type Apertures, type PlacementFailure } from "./placement.ts";
import { REGION_KINDS, busRegions, type BusRegions, type Region, type RegionList } from "./regions.ts";
import { barsOf } from "./sizing.ts";
import { openWindow, windowsOf } from "./windows.ts";

/** Sizes all BARs, sizes windows from the leaves up, places everything, and programs it. */
export function* assignAddresses(
  config: PciConfig,
  functions: readonly PciFunction[],
  apertures: Apertures,
): Steps<PlacementFailure | undefined> {
  const roots = busRegions();
  const bridges = new Map<number, PciFunction>();
  const lists = new Map<number, BusRegions>();
  for (const fn of functions) {
    if (fn.secondaryBus === undefined || bridges.has(fn.secondaryBus) || fn.secondaryBus <= busOf(fn.at)) continue;
    bridges.set(fn.secondaryBus, fn);
    lists.set(fn.secondaryBus, busRegions());
  }
  const listsOf = (fn: PciFunction): BusRegions =>
    fn.parent === undefined ? roots : (lists.get(busOf(fn.at)) ?? roots);

  for (const fn of functions) {
    const lists = listsOf(fn);
    for (const region of barsOf(config, fn)) lists[region.kind].add(region);
    yield undefined;
  }
  // A bus number is above its bridge's own bus, so from the highest down every list is complete when it is summed up.
  for (const [bus, bridge] of [...bridges].sort(([left], [right]) => right - left)) {
    const behind = lists.get(bus) ?? busRegions();
    const parent = listsOf(bridge);
    const padding = apertures.prefer64 ? WINDOW_PADDING : undefined;
    for (const window of windowsOf(config, bridge, behind, padding)) parent[window.kind].add(window);
    yield undefined;
  }

  const high = placeRoots(roots, apertures);
  if (typeof high === "string") return high;
  const program = (list: RegionList): void => programList(config, list, lists);
  program(high.memory);
  program(high.prefetch);
  for (const bus of [roots, ...[...lists].sort(([left], [right]) => left - right).map(([, lists]) => lists)]) {
    for (const kind of REGION_KINDS) program(bus[kind]);
    yield undefined;
  }
  return undefined;
}

function programList(config: PciConfig, list: RegionList, lists: ReadonlyMap<number, BusRegions>): void {
  let address = list.base;
  for (const region of list) {
    if (region.register === undefined) {
      openWindow(config, region, address);
      const behind = region.fn.secondaryBus === undefined ? undefined : lists.get(region.fn.secondaryBus);
      if (behind !== undefined) behind[region.kind].base = address;
    } else {
      programBar(config, region, region.register, address);
    }
    address += region.size;
  }
}

function programBar(config: PciConfig, { fn: { at }, is64 }: Region, register: number, address: number): void {
  config.write(at, register, address % 2 ** 32, 4);
  if (is64) config.write(at, register + 4, Math.floor(address / 2 ** 32), 4);
}
