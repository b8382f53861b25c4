import { q, type Command, type EventDeclaration } from "backplane";
import type { Ich9Service } from "./service.ts";

const ostInfo = q.struct("ACPIOSTInfo", {
  "device?": q.str,
  slot: q.str,
  "slot-type": q.enum("ACPISlotType", ["DIMM", "CPU"]),
  source: q.int,
  status: q.int,
});

export const OST_EVENT: EventDeclaration = {
  name: "ACPI_DEVICE_OST",
  summary: "The guest's system has told what became of a device that was plugged or is to go",
  data: q.struct("q_obj_ACPI_DEVICE_OST-arg", { info: ostInfo }),
};

/** Memory slots first, then processors. */
export function ospmStatus(service: Ich9Service): Command {
  return {
    name: "query-acpi-ospm-status",
    summary: "What the guest's system said of hot-plugged devices (ACPI 6.5 §6.3.5, _OST)",
    arguments: q.none,
    result: q.array(ostInfo),
    run() {
      const { memoryHotplug, cpuHotplug } = service.bridge;
      return [...(memoryHotplug?.status() ?? []), ...cpuHotplug.status()];
    },
  };
}
