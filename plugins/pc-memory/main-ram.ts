import {
  byteLength,
  guestAddress,
  type Disposable,
  type MemoryRegion,
  type MemoryRegions,
  type QomObject,
  type RAMList,
} from "backplane";
import {
  defaultBackendProperties,
  type MemoryBackend,
  type MemoryBackends,
} from "backplane/plugins/memory-backend/contract";
import type { Numa } from "backplane/plugins/numa/contract";
import { pcMemoryErrors } from "./errors.ts";

export const MAIN_RAM = "pc.ram";

export interface MainRamServices {
  readonly regions: MemoryRegions;
  /** The objects of the machine in the object tree, and the machine itself. */
  readonly objects: QomObject;
  readonly machine: QomObject;
  readonly ramList: RAMList;
  readonly backends: MemoryBackends | undefined;
  readonly numa: Numa | undefined;
  /** `-machine memory-backend=…`. */
  readonly backendId: string | undefined;
  own(resource: Disposable): void;
}

/** A block becomes part of the machine: it gets its name, and migration carries it from then on. */
function publish(ramList: RAMList, region: MemoryRegion, name: string): void {
  if (region.ramBlock === undefined) return;
  ramList.setIdstr(region.ramBlock, name);
  ramList.setMigratable(region.ramBlock, true);
}

/** One backend is all RAM. */
function fromBackend(services: MainRamServices, id: string, size: number): MemoryRegion {
  const backend = services.backends?.find(id);
  if (backend === undefined) throw pcMemoryErrors.MEMORY_BACKEND_NOT_FOUND(id);
  if (backend.size !== size) throw pcMemoryErrors.MEMORY_BACKEND_SIZE();
  services.own(backend.claim());
  publish(services.ramList, backend.region, backend.blockName);
  return backend.region;
}

/** Every node brings its part; nodes without memory bring nothing. */
function fromNodes(services: MainRamServices, backends: readonly MemoryBackend[], size: number): MemoryRegion {
  const { regions, machine } = services;
  const ram = regions.withOwner(machine, () => regions.container(MAIN_RAM, byteLength(size)));
  let address = 0;
  for (const backend of backends) {
    if (backend.mapped) throw pcMemoryErrors.MEMORY_BACKEND_TWICE(backend.id);
    services.own(backend.claim());
    ram.addSubregion(guestAddress(address), backend.region);
    publish(services.ramList, backend.region, backend.blockName);
    address += backend.size;
  }
  return ram;
}

/** Makes all RAM: of its own, of one memory backend, or of those of the NUMA nodes. */
export function makeMainRam(services: MainRamServices, size: number): MemoryRegion {
  const { backendId, numa, backends } = services;
  const memdevs = (numa?.nodes ?? []).flatMap((node) => (node.memdev === undefined ? [] : [node.memdev]));
  if (backendId !== undefined && memdevs.length > 0) throw pcMemoryErrors.MEMORY_BACKEND_AND_NUMA();
  if (backendId !== undefined) return fromBackend(services, backendId, size);
  const parts = memdevs.flatMap((id) => backends?.find(id) ?? []);
  if (parts.length > 0) return fromNodes(services, parts, size);
  const owner = services.objects.addChild(MAIN_RAM, "memory-backend-ram", defaultBackendProperties(size));
  const region = services.regions.withOwner(owner, () =>
    services.regions.ram(MAIN_RAM, byteLength(size), { idstr: null }),
  );
  publish(services.ramList, region, MAIN_RAM);
  return region;
}
