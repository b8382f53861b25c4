import { q, type Command } from "backplane";
import type { VfioService } from "./service.ts";

const DEVICE = q.struct("VfioDeviceInfo", {
  device: q.str,
  "page-size": q.int,
  "fixed-mappings": q.int,
  "fixed-end": q.int,
  "temporary-start": q.int,
});

/** Where memory lies for the devices that user-space drivers have open. */
export function queryDevices(service: VfioService): Command {
  return {
    name: "x-query-vfio-devices",
    summary: "Which devices user-space drivers have open through VFIO, and how their I/O virtual addresses are used",
    unstable: true,
    arguments: q.none,
    result: q.array(DEVICE),
    run: () =>
      service.opened.map(({ address, dma }) => ({
        device: address,
        "page-size": dma.pageSize,
        "fixed-mappings": dma.fixedMappings,
        "fixed-end": dma.fixedEnd,
        "temporary-start": dma.temporaryStart,
      })),
  };
}
