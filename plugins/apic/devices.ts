import {
  DEVICE,
  disposable,
  guestAddress,
  inject,
  injectable,
  MEMORY_REGIONS,
  prop,
  RESETS,
  SYSTEM_IO,
  SYSTEM_MEMORY,
  type AddressSpace,
  type Device,
  type DeviceContext,
  type DeviceType,
  type MemoryRegions,
  type Resets,
} from "backplane";
import {
  INTERRUPT_CONTROLLERS,
  LOCAL_APICS,
  SYSTEM_INTERRUPTS,
  type InterruptControllers,
  type SystemInterrupts,
} from "./contract.ts";
import { EXECUTING_AT, GuestInterface, type ExecutingAt } from "./guest-interface.ts";
import { IO_APIC_ADDRESS, IO_APIC_PINS, IoApic } from "./io-apic.ts";
import type { ApicBus } from "./processor-bus.ts";

const fixed = { userCreatable: false, hotpluggable: false } as const;

export const ioApicType = {
  ...fixed,
  name: "ioapic",
  parent: "ioapic-common",
  properties: { version: prop.unmodelled(prop.unsigned(8, 0x20)) },
} satisfies DeviceType;

@injectable()
export class IoApicDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(SYSTEM_MEMORY) private readonly system: AddressSpace,
    @inject(SYSTEM_INTERRUPTS) private readonly interrupts: SystemInterrupts,
    @inject(LOCAL_APICS) private readonly bus: ApicBus,
    @inject(RESETS) private readonly resets: Resets,
    @inject(INTERRUPT_CONTROLLERS) private readonly controllers: InterruptControllers,
  ) {}

  realize(): void {
    const { device, bus } = this;
    const io = new IoApic(this.regions, (address, data) => bus.sendFromIoApic(address, data));
    device.window(io.region);
    const { root } = this.system;
    root.addSubregion(guestAddress(IO_APIC_ADDRESS), io.region);
    device.own(disposable(() => root.removeSubregion(io.region)));
    const inputs = device.gpio.inputs(undefined, IO_APIC_PINS, (pin, level) => io.set(pin, level));
    device.own(this.interrupts.connect((line, level) => inputs[line]?.set(level)));
    device.own(bus.onEndOfInterrupt((vector) => io.endOfInterrupt(vector)));
    device.own(this.resets.add(() => io.reset()));
    device.own(this.controllers.add({ object: device.object, text: () => io.text(), counts: io.counts }));
    device.carry({
      kind: "captured",
      idstr: "ioapic",
      version: 3,
      description: async () => (await import("./late/states.ts")).IO_APIC,
      capture: () => io.captureState(),
      restore: (state) => io.restoreState(state),
    });
  }
}

const GUEST_INTERFACE_PORT = 0x7e;

export const guestInterfaceType = {
  ...fixed,
  name: "kvmvapic",
  parent: "sys-bus-device",
  properties: {},
} satisfies DeviceType;

@injectable()
export class GuestInterfaceDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(SYSTEM_IO) private readonly io: AddressSpace,
    @inject(SYSTEM_MEMORY) private readonly memory: AddressSpace,
    @inject(EXECUTING_AT) private readonly executingAt: ExecutingAt,
    @inject(RESETS) private readonly resets: Resets,
  ) {}

  realize(): void {
    const { device } = this;
    const guestInterface = device.own(new GuestInterface(this.regions, this.memory, this.executingAt, device.log));
    const { port } = guestInterface;
    device.own(this.resets.add(() => guestInterface.reset()));
    this.io.root.addSubregion(guestAddress(GUEST_INTERFACE_PORT), port);
    device.own(disposable(() => this.io.root.removeSubregion(port)));
    device.carry({
      kind: "captured",
      idstr: "kvm-tpr-opt",
      version: 1,
      description: async () => (await import("./late/guest-interface-state.ts")).GUEST_INTERFACE,
      capture: () => guestInterface.captureState(),
      restore: (state) => guestInterface.restoreState(state),
    });
  }
}
