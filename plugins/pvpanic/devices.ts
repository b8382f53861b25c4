import {
  DEVICE,
  disposable,
  inject,
  injectable,
  MEMORY_REGIONS,
  prop,
  type Device,
  type DeviceContext,
  type DeviceType,
  type MemoryRegions,
} from "backplane";
import { FW_CFG, type FwCfg } from "backplane/plugins/fw-cfg/contract";
import { ISA, type Isa } from "backplane/plugins/isa/contract";
import { CLASS, PCI, pciProperties, type Pci, type PciFunction } from "backplane/plugins/pci/contract";
import { describePvpanic } from "./acpi.ts";
import { PVPANIC } from "./contract.ts";
import { pvpanicErrors } from "./errors.ts";
import { PANIC_EVENT, panicRegion, type PanicListener } from "./event-byte.ts";
import type { PvpanicService } from "./service.ts";
import { PANIC_LISTENER } from "./tokens.ts";

const DEFAULT_PORT = 0x505;
const ALL_EVENTS = PANIC_EVENT.panicked | PANIC_EVENT.crashLoaded | PANIC_EVENT.shutdown;
const PORT_FILE = "etc/pvpanic-port";
const VENDOR_REDHAT = 0x1b36;
const DEVICE_PVPANIC = 0x0011;

export const pvpanicType = {
  name: "pvpanic",
  parts: { "pvpanic[0]": "child<memory-region>" },
  bus: "ISA",
  category: "misc",
  hotpluggable: false,
  properties: { ioport: prop.unsigned(16, DEFAULT_PORT), events: prop.unsigned(8, ALL_EVENTS) },
} satisfies DeviceType;

@injectable()
export class PvpanicDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof pvpanicType.properties>,
    @inject(PVPANIC) private readonly service: PvpanicService,
    @inject(ISA) private readonly isa: Isa,
    @inject(FW_CFG) private readonly fwCfg: FwCfg,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(PANIC_LISTENER) private readonly panics: PanicListener,
  ) {}

  realize(): void {
    const { device, service } = this;
    const { ioport, events } = device.properties;
    if (this.fwCfg.file(PORT_FILE) !== undefined) throw pvpanicErrors.PVPANIC_TWICE();
    const region = panicRegion(this.regions, 1, events, device.log, this.panics);
    this.isa.plug({ device, ports: [{ base: ioport, region }] });
    this.fwCfg.addFile(PORT_FILE, Uint8Array.of(ioport & 0xff, ioport >> 8));
    device.own(service.add(ioport));
    describePvpanic(service.dsdt, device, ioport);
  }
}

export const pvpanicPciType = {
  name: "pvpanic-pci",
  bus: "PCI",
  category: "misc",
  properties: { events: prop.unsigned(8, ALL_EVENTS), ...pciProperties },
} satisfies DeviceType;

@injectable()
export class PvpanicPciDevice implements Device {
  #card: PciFunction | undefined;

  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof pvpanicPciType.properties>,
    @inject(PCI) private readonly pci: Pci,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(PANIC_LISTENER) private readonly panics: PanicListener,
  ) {}

  realize(): void {
    const { device } = this;
    const card = this.pci.plug({
      device,
      vendorId: VENDOR_REDHAT,
      deviceId: DEVICE_PVPANIC,
      classId: CLASS.systemOther,
      revision: 1,
    });
    this.#card = card;
    device.own(
      disposable(() => {
        this.#card = undefined;
      }),
    );
    device.carry({
      kind: "captured",
      idstr: `${card.path}/pvpanic-pci`,
      version: 1,
      description: async () => (await import("./late/state.ts")).PVPANIC_PCI,
      capture: () => ({ pci: card.captureState() }),
      restore: ({ pci }) => card.restoreState(pci),
    });
    card.addBar(0, "memory", panicRegion(this.regions, 2, device.properties.events, device.log, this.panics));
  }

  unplug(): void {
    this.#card?.requestUnplug();
  }
}
