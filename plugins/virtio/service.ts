import {
  BUSES,
  DEVICES,
  disposable,
  inject,
  injectable,
  MEMORY_REGIONS,
  SYSTEM_MEMORY,
  type AddressSpace,
  type Buses,
  type Devices,
  type MemoryRegions,
  type OptionValue,
} from "backplane";
import { PCI, type Pci } from "backplane/plugins/pci/contract";
import { VirtioBus } from "./backend-device.ts";
import { VirtioPciCard } from "./card.ts";
import type { Virtio, VirtioCard, VirtioRequest } from "./contract.ts";

@injectable()
export class VirtioService implements Virtio {
  constructor(
    @inject(PCI) private readonly pci: Pci,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(BUSES) private readonly buses: Buses,
    @inject(DEVICES) private readonly devices: Devices,
    @inject(SYSTEM_MEMORY) private readonly system: AddressSpace,
  ) {}

  plug(request: VirtioRequest): VirtioCard {
    const card = new VirtioPciCard(request, { pci: this.pci, regions: this.regions, system: this.system });
    for (const shown of request.shows ?? []) request.device.object.add(shown);
    if (request.inner !== undefined) this.#addInner(request, request.inner);
    return card;
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
