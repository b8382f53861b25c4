import {
  byteLength,
  DEVICE,
  inject,
  injectable,
  MEMORY_REGIONS,
  prop,
  type Device,
  type DeviceContext,
  type DeviceType,
  type MemoryRegions,
} from "backplane";
import { ByteLine, CHARDEVS, namedChardev, type Chardev, type Chardevs } from "backplane/plugins/chardev/contract";
import { ISA, type Isa } from "backplane/plugins/isa/contract";
import { debugconErrors } from "./errors.ts";

/** Bochs' and the peer's: a firmware that reads this value back knows that somebody listens. */
const DEFAULT_PORT = 0xe9;

export const debugconType = {
  name: "isa-debugcon",
  bus: "ISA",
  category: "misc",
  hotpluggable: false,
  properties: {
    iobase: prop.unsigned(32, DEFAULT_PORT),
    chardev: prop.string(undefined, { description: "ID of a chardev to use as a backend" }),
    readback: prop.unsigned(32, DEFAULT_PORT),
  },
} satisfies DeviceType;

/** A port whose bytes go to a character device. */
@injectable()
export class DebugconDevice implements Device {
  readonly #line = new ByteLine();

  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof debugconType.properties>,
    @inject(ISA) private readonly isa: Isa,
    @inject(CHARDEVS) private readonly chardevs: Chardevs,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
  ) {}

  realize(): void {
    const { device } = this;
    const { iobase, readback } = device.properties;
    const chardev = this.#chardev();
    const region = this.regions.io("isa-debugcon", byteLength(1), {
      valid: { min: 1, max: 1 },
      read: () => readback & 0xff,
      write: (_offset, value) => this.#line.write(value),
    });
    this.isa.plug({ device, ports: [{ base: iobase, region }] });
    device.own(chardev.attach(this.#line.frontend()));
  }

  #chardev(): Chardev {
    const found = namedChardev(this.chardevs, this.device.properties.chardev, {
      unknown: debugconErrors.DEBUGCON_CHARDEV_UNKNOWN,
      inUse: debugconErrors.DEBUGCON_CHARDEV_IN_USE,
    });
    if (found === undefined) throw debugconErrors.DEBUGCON_CHARDEV_MISSING();
    return found;
  }
}
