import {
  BUSES,
  DEVICES,
  disposable,
  inject,
  injectable,
  MEMORY_REGIONS,
  RUN_STATES,
  SYSTEM_MEMORY,
  type AddressSpace,
  type Buses,
  type Devices,
  type MemoryRegions,
  type OptionValue,
  type RunStates,
} from "backplane";
import { PCI, type Pci } from "backplane/plugins/pci/contract";
import { VirtioBus } from "./backend-device.ts";
import { VirtioPciCard, type CardServices } from "./card.ts";
import type { Virtio, VirtioCard, VirtioRequest } from "./contract.ts";
import type { VirtioDevice } from "./device.ts";

/** A device as monitors find it. */
export interface PluggedVirtio {
  readonly path: string;
  readonly name: string;
  /** VirtIO 1.2 §5. */
  readonly type: number;
  readonly device: VirtioDevice;
}

@injectable()
export class VirtioService implements Virtio {
  readonly #plugged = new Map<string, PluggedVirtio>();

  constructor(
    @inject(PCI) private readonly pci: Pci,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(BUSES) private readonly buses: Buses,
    @inject(DEVICES) private readonly devices: Devices,
    @inject(SYSTEM_MEMORY) private readonly system: AddressSpace,
    @inject(RUN_STATES) private readonly runStates: RunStates,
  ) {}

  /** What is plugged, by the path of the device behind the card. */
  get plugged(): ReadonlyMap<string, PluggedVirtio> {
    return this.#plugged;
  }

  plug(request: VirtioRequest): VirtioCard {
    const card = new VirtioPciCard(request, this.#services());
    const path = `${request.device.path}/virtio-backend`;
    this.#plugged.set(path, { path, name: request.name, type: request.type, device: card.device });
    request.device.own(disposable(() => void this.#plugged.delete(path)));
    for (const shown of request.shows ?? []) request.device.object.add(shown);
    if (request.inner !== undefined) this.#addInner(request, request.inner);
    return card;
  }

  #services(): CardServices {
    const { pci, regions, system, runStates } = this;
    return { pci, regions, system, runStates };
  }

  #addInner({ device, shows = [] }: VirtioRequest, driver: string): void {
    const bus = new VirtioBus();
    device.own(this.buses.add(bus));
    const type = this.devices.types().find(({ name }) => name === driver);
    const values: { readonly [name: string]: unknown } = device.properties;
    const properties: { [name: string]: OptionValue } = {};
    for (const name of Object.keys(type?.properties ?? {})) {
      const value = values[name];
      if (typeof value === "boolean" || typeof value === "number" || typeof value === "string")
        properties[name] = value;
    }
    const place = { of: device.path, name: "virtio-backend" };
    const inner = this.devices.create({ driver, on: bus, place, properties }, "machine");
    for (const shown of shows) inner.context.object.add(shown);
    device.own(disposable(() => this.devices.remove(inner)));
  }
}
