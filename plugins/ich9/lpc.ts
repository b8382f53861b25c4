import {
  byteLength,
  guestAddress,
  prop,
  type Clock,
  type DeviceContext,
  type Devices,
  type DeviceType,
  type Events,
  type IrqLine,
  type Logger,
  type MachineControl,
  type MemoryRegion,
  type MemoryRegions,
  type OutputPin,
  type Power,
  UNCONNECTED,
} from "backplane";
import type { SystemInterrupts } from "backplane/plugins/apic/contract";
import type { FwCfg } from "backplane/plugins/fw-cfg/contract";
import type { MemoryDevices } from "backplane/plugins/pc-dimm/contract";
import { CLASS, pciProperties, type Pci, type PciDeviceState, type PciFunction } from "backplane/plugins/pci/contract";
import type { Cpus } from "backplane/plugins/x86-cpu/contract";
import { ChipsetConfiguration } from "./chipset-configuration.ts";
import { GPE } from "./contract.ts";
import { CpuHotplug, type CpuHotplugState } from "./cpu-hotplug.ts";
import { ich9Errors } from "./errors.ts";
import { MemoryHotplug, type MemoryHotplugState } from "./memory-hotplug.ts";
import { AcpiPciHotplug, type PciHotplugState } from "./pci-hotplug.ts";
import { LPC_PARTS } from "./lpc-object.ts";
import { PirqRouter } from "./pirq.ts";
import { PowerManagement, type PowerManagementState } from "./power-management.ts";
import {
  ACPI_CONTROL,
  DEVICE_IDS,
  GPE0_LENGTH,
  LPC_REG,
  PIRQ,
  PM_IO,
  PMBASE,
  PMCON1_SMI_LOCK,
  PORTS,
  REVISION,
  SCI_INTERRUPTS,
  VENDOR_INTEL,
} from "./registers.ts";
import { SMI_FEATURE, SmiFeatures, type SmiFeaturesState } from "./smi-features.ts";
import { SystemManagementInterrupts, type SmiState } from "./smi.ts";
import { Watchdog, type WatchdogState } from "./tco.ts";

const onOff = { description: "on/off" };

export const lpcType = {
  name: "ICH9-LPC",
  parts: LPC_PARTS,
  bus: "PCI",
  description: "ICH9 LPC bridge",
  category: "bridge",
  userCreatable: false,
  properties: {
    noreboot: prop.bool(false, onOff),
    "smm-compat": prop.bool(false, onOff),
    "smm-enabled": prop.readonly("bool", false, onOff),
    "x-smi-broadcast": prop.bool(true, onOff),
    "x-smi-cpu-hotplug": prop.bool(true, onOff),
    "x-smi-cpu-hotunplug": prop.bool(true, onOff),
    "x-smi-swsmi-timer": prop.bool(true, onOff),
    "x-smi-periodic-timer": prop.bool(true, onOff),
    ...pciProperties,
    disable_s3: prop.late(prop.unsigned(8, 0)),
    disable_s4: prop.late(prop.unsigned(8, 0)),
    s4_val: prop.late(prop.unsigned(8, 2)),
    "acpi-pci-hotplug-with-bridge-support": prop.late(prop.bool(true)),
    enable_tco: prop.late(prop.bool(true)),
  },
} satisfies DeviceType;

export interface LpcServices {
  readonly device: DeviceContext<typeof lpcType.properties>;
  readonly pci: Pci;
  readonly regions: MemoryRegions;
  readonly system: MemoryRegion;
  readonly io: MemoryRegion;
  readonly clock: Clock;
  readonly interrupts: SystemInterrupts;
  readonly control: MachineControl;
  readonly devices: Devices;
  readonly events: Events;
  readonly power: Power;
  readonly watchdogExpired: () => void;
  readonly cpus: Cpus;
  readonly fwCfg: FwCfg;
  readonly memory: MemoryDevices | undefined;
  readonly smmEnabled: boolean;
}

/** What a migration carries. */
export interface LpcState {
  readonly pci: PciDeviceState;
  readonly pm: PowerManagementState;
  readonly smi: SmiState;
  readonly memoryHotplug: MemoryHotplugState;
  readonly watchdog: WatchdogState | undefined;
  /** Where the guest knows the bitmap only, there is none; a stream may bring it. */
  cpuHotplug: CpuHotplugState | undefined;
  readonly pciHotplug: PciHotplugState | undefined;
  readonly chipset: Uint8Array;
  sciLevel: number;
  resetControl: number;
  readonly features: SmiFeaturesState;
}

/** The port of the reset register, and what in it resets the machine (ICH9 datasheet §13.7.5). */
const RESET = { system: 0x02, processor: 0x04, full: 0x08, value: 0x0f } as const;

/** Function 1f.0. */
export class LpcBridge {
  readonly lpc: PciFunction;
  readonly pm: PowerManagement;
  readonly smi: SystemManagementInterrupts;
  readonly features: SmiFeatures;
  readonly hotplug: AcpiPciHotplug | undefined;
  readonly cpuHotplug: CpuHotplug;
  readonly memoryHotplug: MemoryHotplug | undefined;
  readonly smmEnabled: boolean;
  readonly #device: DeviceContext<typeof lpcType.properties>;
  readonly #log: Logger;
  /** Interrupts 0 to 23, those of ISA among them. */
  readonly #outputs: readonly OutputPin[];
  readonly #chipset: ChipsetConfiguration;
  readonly #io: MemoryRegion;
  readonly #pirqs: PirqRouter;
  readonly #watchdog: Watchdog;
  #pmBase = 0;
  /** As ACPI_CNTL says, once the first reset has looked at it. */
  #sciInterrupt = 0;
  #sciLevel = false;
  #resetControl = 0;

  constructor(services: LpcServices) {
    const { device, pci, regions, clock, interrupts, io, control, fwCfg, power } = services;
    const { properties } = device;
    this.#device = device;
    this.#outputs = device.gpio.outputs("gsi", interrupts.count);
    for (const [line, output] of this.#outputs.entries()) output.connect(interrupts.line(line));
    this.#log = device.log;
    this.smmEnabled = services.smmEnabled;
    this.features = new SmiFeatures(offeredFeatures(properties));
    this.lpc = pci.plug({
      device,
      vendorId: VENDOR_INTEL,
      deviceId: DEVICE_IDS.lpc,
      classId: CLASS.isaBridge,
      revision: REVISION,
      configWritten: (offset, size) => this.#written(offset, size),
      reset: () => this.#reset(),
    });
    this.#chipset = new ChipsetConfiguration(regions, services.system);
    const resetMachine = (): void => control.reset("guest-reset");
    const acpiOnly = !properties["smm-compat"] && !services.smmEnabled;
    this.pm = new PowerManagement(regions, clock, device.log, {
      sci: { set: (level) => this.#setSci(level) },
      acpiOnly,
      power,
    });
    device.own(this.pm);
    device.own(control.onPowerdown(() => this.pm.pressPowerButton()));
    this.#watchdog = new Watchdog(regions, clock, {
      noReboot: () => properties.noreboot || this.#chipset.noReboot,
      expired: services.watchdogExpired,
      timedOut: () => this.smi.tcoTimedOut(),
      interrupt: () => this.smi.interrupt(),
    });
    device.own(this.#watchdog);
    this.smi = new SystemManagementInterrupts(regions, clock, {
      smmEnabled: services.smmEnabled,
      softwareTimer: properties["x-smi-swsmi-timer"],
      periodicTimer: properties["x-smi-periodic-timer"],
      powerManagement: () => ({
        first: this.lpc.config.get16(LPC_REG.pmConfiguration1),
        third: this.lpc.config.get16(LPC_REG.pmConfiguration3),
      }),
      tcoLocked: () => this.#watchdog.locked,
      setAcpiMode: (enabled) => this.pm.setAcpiMode(enabled),
    });
    device.own(this.smi);
    io.addSubregion(guestAddress(PORTS.apm), this.smi.apm);
    io.addSubregion(guestAddress(PORTS.reset), this.#resetPort(regions, resetMachine), 1);
    this.pm.region.addSubregion(guestAddress(PM_IO.smi), this.smi.region);
    if (properties.enable_tco) this.pm.region.addSubregion(guestAddress(PM_IO.tco), this.#watchdog.region);
    this.#io = io;
    this.hotplug = properties["acpi-pci-hotplug-with-bridge-support"]
      ? new AcpiPciHotplug(
          { regions, io, devices: services.devices, log: device.log, notify: () => this.pm.raiseEvent(1) },
          this.lpc.bus,
        )
      : undefined;
    this.cpuHotplug = new CpuHotplug({
      regions,
      io,
      cpus: services.cpus,
      events: services.events,
      notify: () => this.pm.raiseEvent(GPE.cpuHotplug),
      smiFeatures: () => this.features.negotiated,
    });
    device.own(services.cpus.useController(this.cpuHotplug));
    this.memoryHotplug = this.#makeMemoryHotplug(services);
    this.#pirqs = new PirqRouter(this.lpc, this.#chipset, this.#outputs);
    this.lpc.bus.root.routeInterrupts(this.#pirqs);
    this.features.publish(fwCfg);
    fwCfg.addFile("etc/system-states", systemStates(properties));
    this.#initialize();
  }

  get smmCompat(): boolean {
    return this.#device.properties["smm-compat"];
  }

  get sleep(): { readonly s3Disabled: boolean; readonly s4Disabled: boolean; readonly s4Value: number } {
    const { disable_s3: s3, disable_s4: s4, s4_val: s4Value } = this.#device.properties;
    return { s3Disabled: s3 !== 0, s4Disabled: s4 !== 0, s4Value };
  }

  get pmBase(): number {
    return this.#pmBase;
  }

  get gpe0(): { readonly base: number; readonly length: number } {
    return { base: this.#pmBase + PM_IO.gpe0, length: GPE0_LENGTH };
  }

  get sciInterrupt(): number {
    return this.#sciInterrupt;
  }

  isaLine(number: number): IrqLine {
    return this.#outputs[number] ?? UNCONNECTED;
  }

  /** At machine-done: which legacy ports somebody answers (§13.1.26). */
  detectLegacyPorts(isDecoded: (port: number) => boolean): void {
    const ports = [0x3f8, 0x2f8, 0x378, 0x3f2];
    const found = ports.reduce((bits, port, index) => (isDecoded(port) ? bits | (1 << index) : bits), 0);
    this.lpc.config.set8(LPC_REG.enables, this.lpc.config.get8(LPC_REG.enables) | found);
  }

  captureState(): LpcState {
    return {
      pci: this.lpc.captureState(),
      pm: this.pm.captureState(),
      smi: this.smi.captureState(),
      memoryHotplug: this.memoryHotplug?.captureState() ?? { selector: 0, slots: [] },
      watchdog: this.#device.properties.enable_tco ? this.#watchdog.captureState() : undefined,
      cpuHotplug: this.cpuHotplug.captureState(),
      pciHotplug: this.hotplug?.captureState(),
      chipset: this.#chipset.captureState(),
      sciLevel: Number(this.#sciLevel),
      resetControl: this.#resetControl,
      features: this.features.captureState(),
    };
  }

  /** Registers first, then what they map, then who interrupts. */
  restoreState(state: LpcState): void {
    this.lpc.restoreState(state.pci);
    this.#chipset.restoreState(state.chipset);
    this.#chipset.map(this.lpc.config.get32(LPC_REG.rootComplexBase));
    this.#placePm();
    this.smi.restoreState(state.smi);
    this.#applySmiLock();
    this.pm.restoreState(state.pm);
    this.memoryHotplug?.restoreState(state.memoryHotplug);
    if (state.watchdog !== undefined) this.#watchdog.restoreState(state.watchdog);
    this.cpuHotplug.restoreState(state.cpuHotplug);
    if (state.pciHotplug !== undefined) this.hotplug?.restoreState(state.pciHotplug);
    this.#resetControl = state.resetControl & (RESET.full | RESET.system);
    this.features.restoreState(state.features);
  }

  #initialize(): void {
    const { config } = this.lpc;
    config.setWritable(LPC_REG.pmBase, 4, PMBASE.addressMask | ACPI_CONTROL.enable | ACPI_CONTROL.sciMask);
    config.set32(LPC_REG.pmBase, PMBASE.indicator);
    for (const first of [LPC_REG.pirqA, LPC_REG.pirqE]) {
      for (let index = 0; index < PIRQ.count / 2; index++) config.set8(first + index, PIRQ.disabled);
    }
  }

  #written(offset: number, size: number): void {
    const touches = (start: number, length: number): boolean => offset < start + length && start < offset + size;
    if (touches(LPC_REG.pmBase, 4) || touches(LPC_REG.acpiControl, 1)) this.#placePm();
    if (touches(LPC_REG.rootComplexBase, 4)) this.#chipset.map(this.lpc.config.get32(LPC_REG.rootComplexBase));
    if (!touches(LPC_REG.pmConfiguration1, 8)) return;
    this.smi.restartTimers();
    this.#applySmiLock();
  }

  #reset(): void {
    const { config } = this.lpc;
    this.#initialize();
    config.set8(LPC_REG.acpiControl, 0);
    config.set32(LPC_REG.rootComplexBase, 0);
    this.#chipset.reset();
    this.#chipset.map(0);
    this.#sciLevel = false;
    this.#pirqs.resetSci();
    this.pm.reset();
    this.smi.reset();
    this.features.reset();
    this.#resetControl = 0;
    this.#placePm();
    this.hotplug?.reset();
  }

  #placePm(): void {
    const { config } = this.lpc;
    const control = config.get8(LPC_REG.acpiControl);
    const isEnabled = (control & ACPI_CONTROL.enable) !== 0;
    this.#pmBase = isEnabled ? config.get32(LPC_REG.pmBase) & PMBASE.addressMask : 0;
    this.pm.region.setAddress(guestAddress(this.#pmBase));
    this.pm.region.setEnabled(this.#pmBase !== 0);
    const interrupt = SCI_INTERRUPTS[control & ACPI_CONTROL.sciMask];
    if (interrupt === undefined) {
      this.#log.warn("reserved SCI interrupt in ACPI_CNTL", { select: control & ACPI_CONTROL.sciMask });
      return;
    }
    if (interrupt === this.#sciInterrupt) return;
    const level = this.#sciLevel;
    if (level) this.#setSci(false);
    this.#sciInterrupt = interrupt;
    if (level) this.#setSci(true);
  }

  #setSci(level: boolean): void {
    if (level === this.#sciLevel) return;
    this.#sciLevel = level;
    this.#pirqs.setSci(this.#sciInterrupt, level);
  }

  #applySmiLock(): void {
    const { config } = this.lpc;
    if ((config.get16(LPC_REG.pmConfiguration1) & PMCON1_SMI_LOCK) === 0) return;
    const writable = config.writable(LPC_REG.pmConfiguration1, 2);
    config.setWritable(LPC_REG.pmConfiguration1, 2, writable & ~PMCON1_SMI_LOCK);
    this.smi.lock();
  }

  /** Behind what else starts at port 0: the power management block stands there until it is programmed. */
  placePowerManagement(): void {
    this.#io.addSubregion(guestAddress(0), this.pm.region);
  }

  #resetPort(regions: MemoryRegions, resetMachine: () => void): MemoryRegion {
    return regions.io("lpc-reset-control", byteLength(1), {
      read: () => this.#resetControl,
      write: (_offset, value) => {
        if ((value & RESET.processor) !== 0) resetMachine();
        else this.#resetControl = value & (RESET.full | RESET.system);
      },
    });
  }

  #makeMemoryHotplug({ regions, io, memory, devices, events }: LpcServices): MemoryHotplug | undefined {
    if (memory === undefined || memory.slots === 0) return undefined;
    const hotplug = new MemoryHotplug({ regions, io, memory, devices, events, log: this.#log });
    const told = memory.onChange((device, change) => {
      if (change !== "plugged" || !device.hotplugged) return;
      if (device.kind === "nvdimm") {
        this.pm.raiseEvent(4);
        return;
      }
      hotplug.inserted(device);
      this.pm.raiseEvent(3);
    });
    this.#device.own(told);
    const unplug = memory.useUnplug({
      requestUnplug: (device) => {
        hotplug.unplugRequested(device);
        this.pm.raiseEvent(3);
      },
    });
    this.#device.own(unplug);
    return hotplug;
  }
}

export const RESET_VALUE = RESET.value;

type LpcProperties = LpcServices["device"]["properties"];

function offeredFeatures(properties: LpcProperties): number {
  const hotplug = properties["x-smi-cpu-hotplug"];
  const unplug = properties["x-smi-cpu-hotunplug"];
  if (unplug && !hotplug) throw ich9Errors.ICH9_SMI_FEATURES();
  return (
    (properties["x-smi-broadcast"] ? SMI_FEATURE.broadcast : 0) |
    (hotplug ? SMI_FEATURE.cpuHotplug : 0) |
    (unplug ? SMI_FEATURE.cpuHotUnplug : 0)
  );
}

/** Sleep types of S0 to S5 for the firmware; the top bit says that the state exists. */
function systemStates(properties: LpcProperties): Uint8Array {
  const exists = (disabled: number): number => (disabled === 0 ? 0x80 : 0);
  return Uint8Array.of(
    0x80,
    0,
    0,
    1 | exists(properties.disable_s3),
    properties.s4_val | exists(properties.disable_s4),
    0x80,
  );
}
