/** The ICH9 south bridge: LPC bridge with power management and hot-plug registers, SATA, SMBus. */
import { token, type Disposable, type IrqLine } from "backplane";
import type { PciBus, PciFunction } from "backplane/plugins/pci/contract";

export interface IoBlock {
  readonly base: number;
  readonly length: number;
}

/** General-purpose events: ACPI 6.5 §4.8.4.1. The bit is the event's number in `_GPE`. */
export const GPE = {
  pciHotplug: 1,
  cpuHotplug: 2,
  memoryHotplug: 3,
  nvdimmHotplug: 4,
  vmgenid: 5,
  powerDown: 6,
} as const;

export interface Ich9 {
  /** Function 1f.0. Throws `ICH9_MISSING` before the device `ICH9-LPC` was made. */
  readonly lpc: PciFunction;
  /** Where PMBASE is decoded; 0 while it is not. */
  readonly pmBase: number;
  /** At 0x20 while PMBASE is not decoded. */
  readonly gpe0: IoBlock;
  /** The global system interrupt of the SCI, as ACPI_CTRL says. */
  readonly sciInterrupt: number;
  readonly smmEnabled: boolean;
  readonly smmCompat: boolean;
  readonly sleep: { readonly s3Disabled: boolean; readonly s4Disabled: boolean; readonly s4Value: number };
  /** Negotiated through etc/smi/*: bit 0 broadcast, 1 CPU hot-plug, 2 CPU hot-unplug. */
  readonly smiFeatures: number;
  /** Writing 0x0f here resets the machine. */
  readonly resetPort: { readonly port: number; readonly value: number };
  /** ACPI PCI hot-plug; undefined when it is off. */
  readonly pciHotplug: IoBlock | undefined;
  readonly cpuHotplug: IoBlock;
  /** Undefined without memory slots. */
  readonly memoryHotplug: IoBlock | undefined;
  /** The bus's number (BSEL) in the PCI hot-plug registers; given at the first reset, then for good. */
  selectorOf(bus: PciBus): number | undefined;
  /** Sets a status bit of GPE0 and raises the SCI if it is enabled. */
  raiseEvent(gpe: number): void;
  /** System interrupts 0 to 23, as ISA devices and PCI pins reach them. */
  gsi(line: number): IrqLine;
  /** The guest wrote SLP_TYP and SLP_EN; the value is SLP_TYP. */
  onSleep(listener: (type: number) => void): Disposable;
  /** A non-maskable interrupt for the processors, when a watchdog runs out and its action is `inject-nmi`. */
  onNmi(listener: () => void): Disposable;
  /** A system management interrupt for the processors: whoever plays them takes it. `command` is what stands in APM_CNT. */
  onSmi(listener: (command: number) => void): Disposable;
}

export const ICH9 = token<Ich9>("ICH9");
