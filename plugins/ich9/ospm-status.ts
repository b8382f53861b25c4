import { q, type Command } from "backplane";
import type { Ich9Service } from "./service.ts";

/** Memory slots first, then processors. */
export function ospmStatus(service: Ich9Service): Command {
  return {
    name: "query-acpi-ospm-status",
    summary: "What the guest's system said of hot-plugged devices (ACPI 6.5 §6.3.5, _OST)",
    arguments: q.none,
    run() {
      const { memoryHotplug, cpuHotplug } = service.bridge;
      return [...(memoryHotplug?.status() ?? []), ...cpuHotplug.status()];
    },
  };
}
