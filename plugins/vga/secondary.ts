import {
  BLOCK_ACCESS,
  DEVICE,
  inject,
  injectable,
  MEMORY_REGIONS,
  RAM_LIST,
  RESETS,
  type BlockAccess,
  type Device,
  type DeviceContext,
  type DeviceType,
  type MemoryRegions,
  type RAMList,
  type Resets,
} from "backplane";
import { ACPI_DSDT, type AcpiDsdt } from "backplane/plugins/acpi/contract";
import { PCI, type Pci } from "backplane/plugins/pci/contract";
import { DisplayCard } from "./display-card.ts";
import { displayProperties } from "./display-properties.ts";

const CLASS_DISPLAY_OTHER = 0x0380;

export const secondaryVgaType = {
  name: "secondary-vga",
  bus: "PCI",
  parent: "pci-vga",
  category: "display",
  properties: { ...displayProperties },
} satisfies DeviceType;

/** A display besides the VGA: reached through its BARs only, so that there may be many, and they may come and go. */
@injectable()
export class SecondaryVgaDevice implements Device {
  #display: DisplayCard | undefined;

  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof secondaryVgaType.properties>,
    @inject(PCI) private readonly pci: Pci,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(RAM_LIST) private readonly ramList: RAMList,
    @inject(BLOCK_ACCESS) private readonly access: BlockAccess,
    @inject(RESETS) private readonly resets: Resets,
    @inject(ACPI_DSDT) private readonly dsdt: AcpiDsdt,
  ) {}

  realize(): void {
    const { device, pci, regions, ramList, access, resets, dsdt } = this;
    this.#display = new DisplayCard(
      { device, pci, regions, ramList, access, resets, dsdt },
      { classId: CLASS_DISPLAY_OTHER, legacy: false, control: true },
    );
  }

  unplug(): void {
    this.#display?.card.requestUnplug();
  }
}
