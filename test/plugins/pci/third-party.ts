// A PCI function as a third party writes it: an educational card with a register, DMA, and an interrupt.
import {
  byteLength,
  DEVICE,
  definePlugin,
  DEVICES,
  inject,
  injectable,
  MEMORY_REGIONS,
  type Device,
  type DeviceContext,
  type DeviceType,
  type MemoryRegions,
} from "backplane";
import { PCI, pciProperties, type Pci, type PciFunction, type PciMsi } from "backplane/plugins/pci/contract";

const cardType = { name: "edu-card", bus: "PCI", properties: { ...pciProperties } } satisfies DeviceType;

export class CardProbe {
  card: PciFunction | undefined;
  messages: PciMsi | undefined;
  value = 0;
}

/** Makes the plugin; `probe` gets the card that was plugged last. */
export function eduCard(probe: CardProbe) {
  @injectable()
  class Card implements Device {
    constructor(
      @inject(DEVICE) private readonly device: DeviceContext,
      @inject(PCI) private readonly pci: Pci,
      @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    ) {}

    realize(): void {
      const card = this.pci.plug({
        device: this.device,
        vendorId: 0x1234,
        deviceId: 0x11e8,
        classId: 0x00ff,
        revision: 0x10,
        interruptPin: 1,
      });
      const registers = this.regions.io("edu-mmio", byteLength(0x1000), {
        read: () => probe.value,
        write: (_offset, value) => {
          probe.value = value;
        },
      });
      card.addBar(0, "memory", registers);
      card.addBar(
        2,
        "prefetchable64",
        this.regions.io("edu-wide", byteLength(0x4000), { read: () => 0x77, write: () => undefined }),
      );
      probe.messages = card.addMsi({ vectors: 4, perVectorMask: true });
      probe.card = card;
    }

    unplug(): void {
      probe.card?.requestUnplug();
    }
  }
  return definePlugin({
    id: "edu",
    apiVersion: 1,
    summary: "an educational card",
    requires: [PCI],
    attach(machine) {
      machine.own(machine.use(DEVICES).register(cardType, Card));
    },
  });
}
