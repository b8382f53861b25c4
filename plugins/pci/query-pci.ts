import { q, type Command, type JsonObject } from "backplane";
import type { Pci, PciBar, PciBus, PciFunction, PciRange } from "./contract.ts";
import { PCI_BUSES } from "./query-pci-schema.ts";
import { className } from "./class-names.ts";
import { BRIDGE_REG, REG } from "./registers.ts";

/** The reply's keys stand in the order in which the peer's do. */
export function queryPci(pci: Pci): Command {
  return {
    name: "query-pci",
    summary: "Lists the PCI buses with their functions as the guest has configured them",
    arguments: q.none,
    result: PCI_BUSES,
    run: () =>
      pci.roots.map((root) => ({ bus: root.number, devices: describeFunctions(pci, root, root, root.number) })),
  };
}

function describeFunctions(pci: Pci, root: PciBus, bus: PciBus, number: number): JsonObject[] {
  return bus.functions
    .toSorted((left, right) => left.devfn - right.devfn)
    .map((subject) => describe(pci, root, subject, number));
}

function describe(pci: Pci, root: PciBus, subject: PciFunction, bus: number): JsonObject {
  const { config, windows } = subject;
  const pin = config.get8(REG.interruptPin);
  const { vendorId: vendor, deviceId: device } = subject;
  const subsystem = {
    "subsystem-vendor": config.get16(REG.subsystemVendorId),
    vendor,
    subsystem: config.get16(REG.subsystemId),
  };
  const desc = className(subject.classId);
  return {
    irq_pin: pin,
    bus,
    ...(windows === undefined ? {} : { pci_bridge: describeBridge(pci, root, subject, windows) }),
    qdev_id: subject.device.id ?? "",
    ...(pin === 0 ? {} : { irq: config.get8(REG.interruptLine) }),
    slot: subject.slot,
    class_info: { class: subject.classId, ...(desc === undefined ? {} : { desc }) },
    id: windows === undefined ? { device, ...subsystem } : { device, vendor },
    function: subject.number,
    regions: subject.bars.map(describeBar),
  };
}

function describeBar(bar: PciBar): JsonObject {
  // In the schema's order, on which the order on the wire depends where names share a chain of the dictionary.
  const place = (type: string) => ({ bar: bar.index, type, address: bar.address ?? -1, size: bar.size });
  if (bar.kind === "io") return place("io");
  const { kind } = bar;
  const prefetch = kind === "prefetchable" || kind === "prefetchable64";
  return { prefetch, mem_type_64: kind === "memory64" || kind === "prefetchable64", ...place("memory") };
}

function describeBridge(
  pci: Pci,
  root: PciBus,
  bridge: PciFunction,
  windows: NonNullable<PciFunction["windows"]>,
): JsonObject {
  const { config } = bridge;
  const secondary = config.get8(BRIDGE_REG.secondaryBus);
  const behind = secondary === 0 ? undefined : pci.busByNumber(root, secondary);
  const range = ({ first, last }: PciRange) => ({ limit: last, base: first });
  return {
    bus: {
      prefetchable_range: range(windows.prefetchable),
      memory_range: range(windows.memory),
      secondary,
      io_range: range(windows.io),
      number: config.get8(BRIDGE_REG.primaryBus),
      subordinate: config.get8(BRIDGE_REG.subordinateBus),
    },
    ...(behind === undefined ? {} : { devices: describeFunctions(pci, root, behind, secondary) }),
  };
}
