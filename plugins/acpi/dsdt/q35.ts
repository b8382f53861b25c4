// The Q35 machine's DSDT put together from plain facts, for those who have no machine: tests, benchmarks, tools.
import { type CpuHotplugFacts, cpuHotplug } from "./cpu-hotplug.ts";
import { debugPort } from "./debug-port.ts";
import { type ExpanderBridgeFacts, expanderBridges, expanderRanges } from "./expander-bridges.ts";
import { type FwCfgFacts, fwCfgDevice } from "./fw-cfg.ts";
import { gpeBlock, nvdimmEvent } from "./gpe.ts";
import { hostBridge } from "./host-bridge.ts";
import { type PortBlock, hostBridgeResources } from "./host-bridge-resources.ts";
import { type HpetDsdtFacts, hpetDevice } from "./hpet.ts";
import { type MemoryHotplugFacts, memoryHotplug } from "./memory-hotplug.ts";
import { pciDevices } from "./pci-devices.ts";
import type { PciBusFacts } from "./pci-facts.ts";
import { pciEvents, pciHotplug } from "./pci-hotplug.ts";
import { pciRouting } from "./pci-routing.ts";
import type { Range } from "./ranges.ts";
import { AcpiDsdt } from "./registry.ts";
import { type SleepStateFacts, sleepStates } from "./sleep-states.ts";

export interface Q35DsdtFacts {
  readonly cpus: CpuHotplugFacts;
  /** Absent without memory slots. */
  readonly memory?: MemoryHotplugFacts;
  readonly hpet?: HpetDsdtFacts;
  readonly fwCfg: FwCfgFacts;
  readonly sleep: SleepStateFacts;
  /** NVDIMM support is on, with or without NVDIMMs. */
  readonly nvdimm: boolean;
  /** ACPI PCI hot-plug is on. */
  readonly pciHotplug?: PortBlock;
  readonly root: PciBusFacts;
  readonly expanders: readonly ExpanderBridgeFacts[];
  readonly gpe0: PortBlock;
  readonly mmConfig?: Range;
  readonly window32?: Range;
  readonly window64: Range;
}

/** The root bus's last bus number: the expander bridges begin behind it. */
function lastRootBus(expanders: readonly ExpanderBridgeFacts[]): number {
  return Math.min(0xff, ...expanders.map(({ bus }) => bus - 1));
}

export function q35Dsdt(facts: Q35DsdtFacts): Uint8Array {
  const dsdt = new AcpiDsdt();
  const { memory, hpet, mmConfig, window32, pciHotplug: hotplug, expanders } = facts;
  const placed = mmConfig ? { mmConfig } : {};
  const elsewhere = expanders.map(expanderRanges);
  dsdt.add({ place: "debug-port", build: debugPort });
  dsdt.add({ place: "host-bridge", build: () => hostBridge({ nativeHotplug: hotplug === undefined, ...placed }) });
  dsdt.add({ place: "pci-routing", build: pciRouting });
  if (hpet) dsdt.add({ place: "hpet", build: () => hpetDevice(hpet) });
  dsdt.add({ place: "gpe", build: gpeBlock });
  if (facts.nvdimm) dsdt.add({ place: "gpe:nvdimm", build: nvdimmEvent });
  dsdt.add({ place: "cpu-hotplug", build: () => cpuHotplug(facts.cpus) });
  if (memory) dsdt.add({ place: "memory-hotplug", build: () => memoryHotplug(memory) });
  dsdt.add({ place: "expander-bridges", build: () => expanderBridges(expanders) });
  dsdt.add({
    place: "host-bridge-resources",
    build: () =>
      hostBridgeResources({
        lastBus: lastRootBus(expanders),
        ...placed,
        ...(window32 ? { window32 } : {}),
        window64: facts.window64,
        elsewhere: {
          io: elsewhere.flatMap(({ io }) => io),
          memory32: elsewhere.flatMap(({ memory32 }) => memory32),
          memory64: elsewhere.flatMap(({ memory64 }) => memory64),
        },
        gpe0: facts.gpe0,
        ...(hotplug ? { pciHotplug: hotplug } : {}),
      }),
  });
  dsdt.add({ place: "sleep-states", build: () => sleepStates(facts.sleep) });
  dsdt.add({ place: "fw-cfg", build: () => fwCfgDevice(facts.fwCfg) });
  dsdt.add({ place: "pci-devices", build: () => pciDevices(facts.root) });
  if (hotplug) {
    dsdt.add({ place: "pci-hotplug", build: () => pciHotplug(hotplug) });
    dsdt.add({ place: "pci-events", build: () => pciEvents(facts.root) });
  }
  return dsdt.build();
}
