/** The DSDT as fragments: one function per piece of hardware, from plain facts to AML; and the registry that orders them. */
export { type CpuHotplugFacts, type ProcessorFacts, cpuHotplug } from "./cpu-hotplug.ts";
export { debugPort } from "./debug-port.ts";
export { type ExpanderBridgeFacts, expanderBridges, expanderRanges } from "./expander-bridges.ts";
export { type FwCfgFacts, fwCfgDevice } from "./fw-cfg.ts";
export { gpeBlock, nvdimmEvent } from "./gpe.ts";
export { type HostBridgeFacts, hostBridge } from "./host-bridge.ts";
export {
  type HostBridgeResourceFacts,
  type PortBlock,
  type Window64Facts,
  hostBridgeResources,
  pciWindow64,
} from "./host-bridge-resources.ts";
export { type HpetDsdtFacts, hpetDevice } from "./hpet.ts";
export {
  type IsaNumberedFacts,
  type IsaPortFacts,
  floppyController,
  keyboardController,
  panicPort,
  parallelPort,
  realTimeClock,
  serialPort,
} from "./isa-devices.ts";
export type { DsdtPlace } from "./layout.ts";
export { type IsaDeviceFacts, lpcBridge } from "./lpc-bridge.ts";
export { type MemoryHotplugFacts, memoryHotplug } from "./memory-hotplug.ts";
export { pciDevices, vgaSleepStates } from "./pci-devices.ts";
export type { PciBusFacts, PciFunctionFacts } from "./pci-facts.ts";
export { type SelectableBus, pciEvents, pciHotplug, selectableBuses } from "./pci-hotplug.ts";
export { pciRouting } from "./pci-routing.ts";
export { type Q35DsdtFacts, q35Dsdt } from "./q35.ts";
export type { Range } from "./ranges.ts";
export { AcpiDsdt, type DsdtDescription, type DsdtFragment, type DsdtRegistration } from "./registry.ts";
export { type SleepStateFacts, sleepStates } from "./sleep-states.ts";
