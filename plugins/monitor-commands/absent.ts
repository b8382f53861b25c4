import { q, type Command } from "backplane";
import { monitorCommandErrors } from "./errors.ts";

/**
 * Commands about hardware, as machines without that hardware answer them. They are there only where no plugin of the
 * machine has a better answer.
 */
export const absentHardware: readonly Command[] = [
  { name: "query-pci", summary: "The PCI buses; there are none", arguments: q.none, run: () => [] },
  { name: "query-iothreads", summary: "The I/O threads; there are none", arguments: q.none, run: () => [] },
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
