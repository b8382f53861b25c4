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
import { CHARDEVS, type CharConnection, type Chardev, type Chardevs } from "backplane/plugins/chardev/contract";
import { ISA, type Isa } from "backplane/plugins/isa/contract";
import { parallelErrors } from "./errors.ts";
import { ParallelPort } from "./port.ts";
import type { ParallelPorts } from "./ports.ts";
import { PARALLEL_PORTS } from "./tokens.ts";

const BY_INDEX = 0xffffffff;
/** What is printed before the far end has connected is kept up to here. */
const EARLY_LIMIT = 64 * 1024;

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
  #connection: CharConnection | undefined;
  readonly #early: number[] = [];

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
    const port = new ParallelPort(this.regions, isa.irq(irq), (byte) => this.#print(byte));
    isa.plug({ device, ports: [{ base, region: port.region }], interrupts: [irq] });
    device.own(this.resets.add(() => port.reset()));
    device.own(dsdt.describe(device.path, () => parallelPort({ index, base, irq })));
    device.own(
      chardev.attach({
        opened: (connection) => {
          this.#connection = connection;
          const early = this.#early.splice(0);
          if (early.length > 0) connection.write(Uint8Array.from(early));
        },
        closed: () => {
          this.#connection = undefined;
        },
        // A printer of this kind has nothing to say.
        received: () => undefined,
        drained: () => undefined,
      }),
    );
  }

  #print(byte: number): void {
    if (this.#connection !== undefined) this.#connection.write(Uint8Array.of(byte));
    else if (this.#early.length < EARLY_LIMIT) this.#early.push(byte);
  }

  #chardev(): Chardev {
    const { chardev: id } = this.device.properties;
    if (id === undefined || id === "") throw parallelErrors.PARALLEL_CHARDEV_MISSING();
    const found = this.chardevs.all().find((candidate) => candidate.id === id);
    if (found === undefined) throw parallelErrors.PARALLEL_CHARDEV_UNKNOWN(id);
    if (!found.isFree) throw parallelErrors.PARALLEL_CHARDEV_IN_USE(id);
    return found;
  }
}
