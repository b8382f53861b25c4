import {
  DEVICE,
  inject,
  injectable,
  MEMORY_REGIONS,
  prop,
  RESETS,
  type Device,
  type DeviceContext,
  type DeviceType,
  type MemoryRegions,
  type Resets,
} from "backplane";
import { ACPI_DSDT, parallelPort, type AcpiDsdt } from "backplane/plugins/acpi/contract";
import { ByteLine, CHARDEVS, namedChardev, type Chardev, type Chardevs } from "backplane/plugins/chardev/contract";
import { ISA, type Isa } from "backplane/plugins/isa/contract";
import { parallelErrors } from "./errors.ts";
import { ParallelPort } from "./port.ts";
import type { ParallelPorts } from "./ports.ts";
import { PARALLEL_PORTS } from "./tokens.ts";

const BY_INDEX = 0xffffffff;

export const parallelType = {
  name: "isa-parallel",
  bus: "ISA",
  category: "input",
  hotpluggable: false,
  properties: {
    index: prop.unsigned(32, BY_INDEX),
    iobase: prop.unsigned(32, BY_INDEX),
    irq: prop.unsigned(32, 7),
    chardev: prop.string(undefined, { description: "ID of a chardev to use as a backend" }),
  },
} satisfies DeviceType;

/** A parallel port of a PC: what the guest prints goes to a character device. */
@injectable()
export class ParallelDevice implements Device {
  readonly #line = new ByteLine();

  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof parallelType.properties>,
    @inject(ISA) private readonly isa: Isa,
    @inject(CHARDEVS) private readonly chardevs: Chardevs,
    @inject(ACPI_DSDT) private readonly dsdt: AcpiDsdt,
    @inject(PARALLEL_PORTS) private readonly ports: ParallelPorts,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(RESETS) private readonly resets: Resets,
  ) {}

  realize(): void {
    const { device, isa, dsdt } = this;
    const { index: given, iobase, irq } = device.properties;
    const chardev = this.#chardev();
    const place = this.ports.claim(given === BY_INDEX ? undefined : given);
    const { index } = place;
    const base = iobase === BY_INDEX ? place.base : iobase;
    device.object.add({ name: "index", type: "uint32", get: () => index });
    device.object.add({ name: "iobase", type: "uint32", get: () => base });
    const port = new ParallelPort(this.regions, isa.irq(irq), (byte) => this.#line.write(byte));
    isa.plug({ device, ports: [{ base, region: port.region }], interrupts: [irq] });
    device.own(this.resets.add(() => port.reset()));
    device.carry({
      kind: "captured",
      idstr: "parallel_isa",
      version: 1,
      description: async () => (await import("./late/state.ts")).PARALLEL,
      capture: () => port.captureState(),
      restore: (state) => port.restoreState(state),
    });
    device.own(dsdt.describe(device.path, () => parallelPort({ index, base, irq })));
    // A printer of this kind has nothing to say.
    device.own(chardev.attach(this.#line.frontend()));
  }

  #chardev(): Chardev {
    const found = namedChardev(this.chardevs, this.device.properties.chardev, {
      unknown: parallelErrors.PARALLEL_CHARDEV_UNKNOWN,
      inUse: parallelErrors.PARALLEL_CHARDEV_IN_USE,
    });
    if (found === undefined) throw parallelErrors.PARALLEL_CHARDEV_MISSING();
    return found;
  }
}
