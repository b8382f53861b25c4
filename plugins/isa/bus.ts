import {
  disposable,
  guestAddress,
  UNCONNECTED,
  type Buses,
  type DeviceContext,
  type Disposable,
  type IrqLine,
  type MemoryRegion,
} from "backplane";
import type { AcpiDsdt } from "backplane/plugins/acpi/contract";
import { describeIsaDevice } from "./acpi.ts";
import type { Isa, IsaBus, IsaDevice, IsaDeviceRequest } from "./contract.ts";
import { isaErrors } from "./errors.ts";

const INTERRUPTS = 16;

class IsaBusDevice implements IsaBus {
  readonly name = "isa.0";
  readonly kinds = ["ISA"];
  readonly hasRoom = true;
  readonly devices: IsaDevice[] = [];

  refuses(hotplug: boolean): string | undefined {
    return hotplug ? "Bus 'isa.0' does not support hotplugging" : undefined;
  }
}

/** The bus, from the moment when a bridge makes it. */
export class IsaService implements Isa {
  readonly #buses: Buses;
  readonly #io: MemoryRegion;
  readonly #dsdt: AcpiDsdt | undefined;
  #connected: { readonly bus: IsaBusDevice; readonly lines: (number: number) => IrqLine } | undefined;

  constructor(buses: Buses, io: MemoryRegion, dsdt: AcpiDsdt | undefined) {
    this.#buses = buses;
    this.#io = io;
    this.#dsdt = dsdt;
  }

  get bus(): IsaBus | undefined {
    return this.#connected?.bus;
  }

  connect(_bridge: DeviceContext, lines: (number: number) => IrqLine): Disposable {
    if (this.#connected !== undefined) throw isaErrors.ISA_BUS_TWICE();
    const bus = new IsaBusDevice();
    this.#connected = { bus, lines };
    const listed = this.#buses.add(bus);
    return disposable(() => {
      this.#connected = undefined;
      return listed.dispose();
    });
  }

  plug({ device, ports, interrupts = [] }: IsaDeviceRequest): IsaDevice {
    const bus = this.#connected?.bus;
    if (bus === undefined) throw isaErrors.ISA_BUS_MISSING(device.type.name);
    const wrong = interrupts.find((irq) => irq >= INTERRUPTS);
    if (wrong !== undefined) throw isaErrors.ISA_IRQ_RANGE(wrong);
    const plugged: IsaDevice = {
      device,
      typeName: device.type.name,
      ports: ports.map(({ base, region }) => ({ base, length: region.size })),
      interrupts,
    };
    for (const { base, region } of ports) {
      this.#io.addSubregion(guestAddress(base), region);
      device.own(disposable(() => this.#io.removeSubregion(region)));
    }
    bus.devices.push(plugged);
    device.own(disposable(() => void bus.devices.splice(bus.devices.indexOf(plugged), 1)));
    describeIsaDevice(this.#dsdt, device);
    return plugged;
  }

  irq(number: number): IrqLine {
    return this.#connected?.lines(number) ?? UNCONNECTED;
  }
}
