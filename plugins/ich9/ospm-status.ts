import { q, type Command } from "backplane";
import type { Ich9Service } from "./service.ts";

/** Processors are not among them: they report only once a system has switched their hot-plug registers over. */
export function ospmStatus(service: Ich9Service): Command {
  return {
    name: "query-acpi-ospm-status",
    summary: "What the guest's system said of hot-plugged devices (ACPI 6.5 section 6.3.5, _OST)",
    arguments: q.none,
    run: () => service.lpc.memoryHotplug?.status() ?? [],
  };
}
