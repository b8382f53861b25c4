import { q, type Command } from "backplane";
import { monitorCommandErrors } from "./errors.ts";

/** Commands about a PC's hardware, as a machine answers them that has no bus, no processor and no ACPI. */
export const absentHardware: readonly Command[] = [
  { name: "query-pci", summary: "The PCI buses; there are none", arguments: q.none, run: () => [] },
  {
    name: "query-hotpluggable-cpus",
    summary: "The places for processors; there are none",
    arguments: q.none,
    run() {
      throw monitorCommandErrors.CPU_HOTPLUG_UNSUPPORTED();
    },
  },
  {
    name: "query-vm-generation-id",
    summary: "The VM generation ID; there is none",
    arguments: q.none,
    run() {
      throw monitorCommandErrors.VMGENID_ABSENT();
    },
  },
  {
    name: "query-acpi-ospm-status",
    summary: "What the guest's system said of devices; there is no ACPI device",
    arguments: q.none,
    run() {
      throw monitorCommandErrors.ACPI_ABSENT();
    },
  },
];

/** There is no object of that kind to be made, so there are none. */
export const noThreads: Command = {
  name: "query-iothreads",
  summary: "The I/O threads; there are none",
  arguments: q.none,
  run: () => [],
};
