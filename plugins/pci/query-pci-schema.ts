import { q, type Schema } from "backplane";

const range = q.struct("PciMemoryRange", { base: q.int, limit: q.int });

const bridge = q.struct("PciBridgeInfo", {
  bus: q.struct("PciBusInfo", {
    number: q.int,
    secondary: q.int,
    subordinate: q.int,
    io_range: range,
    memory_range: range,
    prefetchable_range: range,
  }),
  "devices?": q.array(q.later((): Schema => device)),
});

const device = q.struct("PciDeviceInfo", {
  bus: q.int,
  slot: q.int,
  function: q.int,
  class_info: q.struct("PciDeviceClass", { "desc?": q.str, class: q.int }),
  id: q.struct("PciDeviceId", { device: q.int, vendor: q.int, "subsystem?": q.int, "subsystem-vendor?": q.int }),
  "irq?": q.int,
  irq_pin: q.int,
  qdev_id: q.str,
  "pci_bridge?": bridge,
  regions: q.array(
    q.struct("PciMemoryRegion", {
      bar: q.int,
      type: q.str,
      address: q.int,
      size: q.int,
      "prefetch?": q.bool,
      "mem_type_64?": q.bool,
    }),
  ),
});

/** What `query-pci` answers with. */
export const PCI_BUSES = q.array(q.struct("PciInfo", { bus: q.int, devices: q.array(device) }));
