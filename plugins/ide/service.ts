import { BUSES, DEVICES, inject, injectable, type Buses, type Devices, type Disposable } from "backplane";
import { BLOCK, type Block } from "backplane/plugins/block/contract";
import { SataBus } from "./bus.ts";
import type { Ide, IdeBus, IdeBusRequest } from "./contract.ts";
import type { DriveNumbers } from "./tokens.ts";

/** Places that a cable of old has; drives are counted by them. */
const UNITS_PER_BUS = 2;

@injectable()
export class IdeService implements Ide, DriveNumbers {
  readonly #numbers = new Map<IdeBus, number>();
  #next = 1;

  constructor(
    @inject(BUSES) private readonly buses: Buses,
    @inject(DEVICES) private readonly devices: Devices,
    @inject(BLOCK) private readonly block: Block,
  ) {}

  addBus(request: IdeBusRequest): IdeBus & Disposable {
    const bus = new SataBus(request, () => void listed.dispose());
    const listed = this.buses.add(bus);
    this.#numbers.set(bus, this.#next);
    this.#next += UNITS_PER_BUS;
    return bus;
  }

  of(bus: IdeBus): number {
    return this.#numbers.get(bus) ?? 0;
  }

  makeDrives(buses: readonly IdeBus[]): void {
    for (const bus of buses) {
      const drive = this.block.driveAt("ide", bus.index, 0);
      if (drive === undefined) continue;
      const driver = drive.media === "cdrom" ? "ide-cd" : "ide-hd";
      this.devices.create({ driver, bus: bus.name, properties: { drive: drive.id } }, "machine");
    }
  }
}
