import {
  BUSES,
  CLOCK,
  DEVICE,
  DEVICES,
  EVENTS,
  guestAddress,
  inject,
  injectable,
  LIFECYCLE,
  MACHINE,
  MACHINE_CONTROL,
  MEMORY_REGIONS,
  POWER,
  QOM,
  SYSTEM_IO,
  SYSTEM_MEMORY,
  type AddressSpace,
  type Buses,
  type Clock,
  type Device,
  type DeviceContext,
  type Devices,
  type Events,
  type Lifecycle,
  type MachineControl,
  type MachineInfo,
  type MemoryRegions,
  type Qom,
  type Power,
} from "backplane";
import { SYSTEM_INTERRUPTS, type SystemInterrupts } from "backplane/plugins/apic/contract";
import { FW_CFG, type FwCfg } from "backplane/plugins/fw-cfg/contract";
import { ISA, type Isa } from "backplane/plugins/isa/contract";
import { PCI, type Pci } from "backplane/plugins/pci/contract";
import { WATCHDOG, type Watchdogs } from "backplane/plugins/watchdog/contract";
import { CPUS, type Cpus } from "backplane/plugins/x86-cpu/contract";
import { AhciController } from "./ahci.ts";
import { ICH9 } from "./contract.ts";
import { showBridge } from "./lpc-object.ts";
import { LpcBridge, type lpcType } from "./lpc.ts";
import type { Ich9Service } from "./service.ts";
import type { SmbusSegment } from "./smbus-segment.ts";
import { SmbusController } from "./smbus.ts";
import {
  OPTIONAL_IDE,
  OPTIONAL_MEMORY_DEVICES,
  SMBUS,
  type OptionalIde,
  type OptionalMemoryDevices,
} from "./tokens.ts";

/** Values of SLP_TYP (the DSDT's _S5 and _S3); that of _S4 is a property. */
const SLEEP = { soft: 0, toRam: 1 } as const;

@injectable()
export class LpcDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof lpcType.properties>,
    @inject(ICH9) private readonly service: Ich9Service,
    @inject(PCI) private readonly pci: Pci,
    @inject(ISA) private readonly isa: Isa,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(SYSTEM_MEMORY) private readonly system: AddressSpace,
    @inject(SYSTEM_IO) private readonly io: AddressSpace,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(SYSTEM_INTERRUPTS) private readonly interrupts: SystemInterrupts,
    @inject(MACHINE_CONTROL) private readonly control: MachineControl,
    @inject(DEVICES) private readonly devices: Devices,
    @inject(EVENTS) private readonly events: Events,
    @inject(CPUS) private readonly cpus: Cpus,
    @inject(FW_CFG) private readonly fwCfg: FwCfg,
    @inject(OPTIONAL_MEMORY_DEVICES) private readonly memory: OptionalMemoryDevices,
    @inject(MACHINE) private readonly machine: MachineInfo,
    @inject(LIFECYCLE) private readonly lifecycle: Lifecycle,
    @inject(POWER) private readonly power: Power,
    @inject(WATCHDOG) private readonly watchdogs: Watchdogs,
    @inject(QOM) private readonly qom: Qom,
  ) {}

  realize(): void {
    const { device, pci, regions, clock, interrupts, control, devices, events, cpus, fwCfg, power } = this;
    const bridge = new LpcBridge({
      device,
      pci,
      regions,
      clock,
      interrupts,
      control,
      devices,
      events,
      cpus,
      fwCfg,
      power,
      watchdogExpired: () => this.watchdogs.expired(device.log),
      system: this.system.root,
      io: this.io.root,
      memory: this.memory.devices,
      smmEnabled: this.machine.properties.enabled("smm"),
    });
    device.own(this.service.connect(bridge));
    device.carry({
      kind: "captured",
      idstr: `${bridge.lpc.path}/ICH9LPC`,
      version: 1,
      // The DMA controllers and the clock are parts of the bridge.
      behind: "mc146818rtc",
      description: async () =>
        (await import("./late/lpc-state.ts")).lpcState(this.memory.devices?.slots ?? 0, bridge.cpuHotplug.places),
      capture: () => bridge.captureState(),
      restore: (state) => bridge.restoreState(state),
    });
    device.own(this.lifecycle.on("devices", () => bridge.placePowerManagement()));
    showBridge(device, bridge);
    const link = { name: "acpi-device", type: "link<hotplug-handler>", get: () => device.path };
    device.own(this.qom.resolve("/machine").add(link));
    device.own(this.isa.connect(device, (number) => bridge.isaLine(number)));
    device.own(
      pci.onChange((subject, change) => {
        if (change === "plugged") bridge.hotplug?.adopt(subject);
      }),
    );
    const { root } = this.io;
    device.own(
      this.lifecycle.on("done", () => {
        bridge.detectLegacyPorts((port) => {
          const found = this.io.find(guestAddress(port));
          return found !== undefined && found.region !== root;
        });
      }),
    );
    power.support();
    device.own(power.onWake((reason) => bridge.pm.woken(reason)));
    device.own(
      bridge.pm.sleeps.add((type) => {
        if (type === SLEEP.soft) control.quit("guest-shutdown");
        else if (type === SLEEP.toRam) power.suspend();
        else if (type === bridge.sleep.s4Value) {
          events.emit("SUSPEND_DISK");
          control.quit("guest-shutdown");
        }
      }),
    );
  }
}

@injectable()
export class AhciDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext,
    @inject(PCI) private readonly pci: Pci,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(OPTIONAL_IDE) private readonly optional: OptionalIde,
  ) {}

  realize(): void {
    this.#controller = new AhciController(this.device, this.pci, this.regions);
    if (this.optional.ide !== undefined) this.#controller.connect(this.optional.ide, this.device);
    const controller = this.#controller;
    this.device.carry({
      kind: "captured",
      idstr: `${controller.subject.path}/ich9_ahci`,
      version: 1,
      description: async () => (await import("./late/ahci-state.ts")).AHCI_DEVICE,
      capture: () => controller.captureState(),
      restore: (state) => controller.restoreState(state),
    });
  }

  unplug(): void {
    this.#controller?.subject.requestUnplug();
  }

  #controller: AhciController | undefined;
}

/** The address of no target, as the peer's bus keeps it. */
const NOBODY = 0xff;

@injectable()
export class SmbusDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext,
    @inject(PCI) private readonly pci: Pci,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(SMBUS) private readonly segment: SmbusSegment,
    @inject(BUSES) private readonly buses: Buses,
  ) {}

  realize(): void {
    this.controller = new SmbusController(this.device, this.pci, this.regions, this.segment);
    this.device.own(this.buses.add(this.segment));
    const { controller } = this;
    this.device.carry({
      kind: "captured",
      idstr: "i2c_bus",
      version: 1,
      description: async () => (await import("./late/smbus-state.ts")).I2C_BUS,
      // Between two transfers nobody is addressed.
      capture: () => ({ address: NOBODY }),
      restore: () => undefined,
    });
    this.device.carry({
      kind: "captured",
      idstr: `${controller.subject.path}/ich9_smb`,
      version: 1,
      description: async () => (await import("./late/smbus-state.ts")).SMBUS_CONTROLLER,
      capture: () => controller.captureState(),
      restore: (state) => controller.restoreState(state),
    });
  }

  controller: SmbusController | undefined;
}
