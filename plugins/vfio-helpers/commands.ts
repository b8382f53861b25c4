import { q, type Command, type HostAddressSpace } from "backplane";
import type { VfioDmaMap } from "./contract.ts";
import { ModelContainer } from "./model/container.ts";
import type { VfioService } from "./service.ts";
import type { VfioUse } from "./use.ts";

const MAPPING = q.struct("VfioMappingInfo", {
  iova: q.int,
  length: q.int,
  "block?": q.str,
  "offset?": q.int,
  readable: q.bool,
  writable: q.bool,
});

const DEVICE = q.struct("VfioDeviceInfo", {
  device: q.str,
  "guest?": q.str,
  "page-size?": q.int,
  "fixed-mappings?": q.int,
  "fixed-end?": q.int,
  "temporary-start?": q.int,
  "entries?": q.int,
  "mappings?": q.array(MAPPING),
});

/** Where memory lies for devices that are open through VFIO: those of drivers of this process, and those of the guest. */
export function queryDevices(service: VfioService, memory: HostAddressSpace): Command {
  return {
    name: "x-query-vfio-devices",
    summary: "Which devices drivers of this process and the guest have open through VFIO, and what is mapped for them",
    unstable: true,
    arguments: q.struct("VfioDevicesQuery", { "mappings?": q.bool }),
    result: q.array(DEVICE),
    run: ({ mappings }) =>
      service.uses.map((use) => ({
        device: use.address,
        ...(use.guest === undefined ? {} : { guest: use.guest }),
        ...addressesOf(use),
        ...mappedFor(use, memory, mappings === true),
      })),
  };
}

function addressesOf({ dma }: VfioUse) {
  if (dma === undefined) return {};
  return {
    "page-size": dma.pageSize,
    "fixed-mappings": dma.fixedMappings,
    "fixed-end": dma.fixedEnd,
    "temporary-start": dma.temporaryStart,
  };
}

/** What a container holds can be seen in the model only: the kernel does not tell. */
function mappedFor({ container }: VfioUse, memory: HostAddressSpace, isListed: boolean) {
  if (!(container instanceof ModelContainer)) return {};
  const mappings = container.mappings();
  const listed = isListed ? { mappings: mappings.map((mapping) => mappingOf(mapping, memory)) } : {};
  return { entries: mappings.length, ...listed };
}

function mappingOf({ iova, length, host, read, write }: VfioDmaMap, memory: HostAddressSpace) {
  const target = memory.find(host);
  const place = target?.block === undefined ? {} : { block: target.block.idstr, offset: target.offset };
  return { iova, length, ...place, readable: read, writable: write };
}
