import {
  CLOCK,
  DEVICE,
  inject,
  injectable,
  MEMORY_REGIONS,
  prop,
  RESETS,
  type Clock,
  type Device,
  type DeviceContext,
  type DeviceType,
  type MemoryRegions,
  type Resets,
} from "backplane";
import { ACPI_DSDT, serialPort, type AcpiDsdt } from "backplane/plugins/acpi/contract";
import { ByteLine, CHARDEVS, namedChardev, type Chardevs } from "backplane/plugins/chardev/contract";
import { ISA, type Isa } from "backplane/plugins/isa/contract";
import { serialErrors } from "./errors.ts";
import type { SerialPorts } from "./ports.ts";
import { SERIAL_PORTS } from "./tokens.ts";
import { Uart } from "./uart.ts";

const BY_INDEX = 0xffffffff;

export const serialType = {
  name: "isa-serial",
  parts: { serial: "child<serial>" },
  bus: "ISA",
  category: "input",
  hotpluggable: false,
  properties: {
    index: prop.unsigned(32, BY_INDEX),
    iobase: prop.unsigned(32, BY_INDEX),
    irq: prop.unsigned(32, BY_INDEX),
    ...prop.inner({
      chardev: prop.string(undefined, { description: "ID of a chardev to use as a backend" }),
      baudbase: prop.unsigned(32, 115200),
      wakeup: prop.unmodelled(prop.bool(false)),
    }),
  },
} satisfies DeviceType;

/** A serial port of a PC on a character device. */
@injectable()
export class SerialDevice implements Device {
  readonly #line = new ByteLine();
  /** Received, and not yet wanted by the guest; the far end is paused while there is something. */
  #waiting: Uint8Array = new Uint8Array(0);

  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof serialType.properties>,
    @inject(ISA) private readonly isa: Isa,
    @inject(CHARDEVS) private readonly chardevs: Chardevs,
    @inject(ACPI_DSDT) private readonly dsdt: AcpiDsdt,
    @inject(SERIAL_PORTS) private readonly ports: SerialPorts,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(RESETS) private readonly resets: Resets,
  ) {}

  realize(): void {
    const { device, isa, clock, dsdt } = this;
    const { index, iobase, irq, baudbase } = device.properties;
    device.object.addChild("serial", "serial");
    const chardev = namedChardev(this.chardevs, device.properties.chardev, {
      unknown: serialErrors.SERIAL_CHARDEV_UNKNOWN,
      inUse: serialErrors.SERIAL_CHARDEV_IN_USE,
    });
    const place = this.ports.claim(index === BY_INDEX ? undefined : index);
    const base = iobase === BY_INDEX ? place.base : iobase;
    const interrupt = irq === BY_INDEX ? place.irq : irq;
    device.object.add({ name: "index", type: "uint32", get: () => place.index });
    device.object.add({ name: "iobase", type: "uint32", get: () => base });
    device.object.add({ name: "irq", type: "uint32", get: () => interrupt });
    const uart: Uart = new Uart(this.regions, {
      irq: isa.irq(interrupt),
      clock,
      baudBase: baudbase,
      line: { send: (byte) => this.#line.write(byte), wanting: () => this.#feed(uart) },
    });
    isa.plug({ device, ports: [{ base, region: uart.region }], interrupts: [interrupt] });
    device.own(uart);
    device.own(this.resets.add(() => uart.reset()));
    device.carry({
      kind: "captured",
      idstr: "serial",
      version: 3,
      description: async () => (await import("./late/state.ts")).SERIAL,
      capture: () => uart.captureState(),
      restore: (state) => uart.restoreState(state),
    });
    device.own(dsdt.describe(device.path, () => serialPort({ index: place.index, base, irq: interrupt })));
    if (chardev !== undefined) device.own(chardev.attach(this.#line.frontend((bytes) => this.#received(bytes, uart))));
  }

  #received(bytes: Uint8Array, uart: Uart): void {
    this.#waiting = this.#waiting.length === 0 ? bytes : Buffer.concat([this.#waiting, bytes]);
    this.#feed(uart);
  }

  #feed(uart: Uart): void {
    if (this.#waiting.length === 0) return;
    let taken = 0;
    while (taken < this.#waiting.length && uart.room > 0) uart.receive(this.#waiting[taken++] ?? 0);
    this.#waiting = this.#waiting.subarray(taken);
    if (this.#waiting.length === 0) this.#line.connection?.resume();
    else this.#line.connection?.pause();
  }
}
