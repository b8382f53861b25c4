import {
  guestAddress,
  MiB,
  prop,
  type DeviceContext,
  type DeviceType,
  type MemoryRegion,
  type MemoryRegions,
} from "backplane";
import type { PcMemory } from "backplane/plugins/pc-memory/contract";
import {
  CLASS,
  pciProperties,
  type Pci,
  type PciFunction,
  type PciRange,
  type PciDeviceState,
} from "backplane/plugins/pci/contract";
import type { MmConfigWindow } from "./contract.ts";
import { mchErrors } from "./errors.ts";
import { AttributeMap } from "./pam.ts";
import {
  DEVICE_P35,
  ESMRAM_DEFAULT,
  ESMRAM_WRITABLE,
  MCH_REG,
  PCIEXBAR,
  SMRAM_DEFAULT,
  SMRAM_WRITABLE,
  VENDOR_INTEL,
} from "./registers.ts";
import type { Q35Host } from "./host.ts";
import { SystemManagementRam } from "./smram.ts";

const PAM_COUNT = 7;
const LARGEST_TSEG = 4095;
const IO_APIC = 0xfec00000;
const FOUR_GIB = 0x1_0000_0000;
/** By the two bits of the length; the fourth is reserved. */
const WINDOW_MEGABYTES = [256, 128, 64] as const;
/** Addresses beyond 64 GiB are not decoded. */
const HIGH_ADDRESS_BITS = 0xf;

export const mchType = {
  name: "mch",
  bus: "PCI",
  description: "Host bridge",
  category: "bridge",
  userCreatable: false,
  properties: {
    "extended-tseg-mbytes": prop.unsigned(16, 16),
    "smbase-smram": prop.bool(true, { description: "on/off" }),
    ...pciProperties,
  },
} satisfies DeviceType;

/** What a migration carries. */
export interface BridgeState {
  readonly pci: PciDeviceState;
}

export interface BridgeServices {
  readonly device: DeviceContext<typeof mchType.properties>;
  readonly host: Q35Host;
  readonly pci: Pci;
  readonly memory: PcMemory;
  readonly regions: MemoryRegions;
  readonly system: MemoryRegion;
  /** Off with `-machine smm=off`: there are no SMRAM registers then. */
  readonly hasSmm: boolean;
}

/** Function 00.0. */
export class MchBridge {
  readonly bridge: PciFunction;
  readonly #host: Q35Host;
  readonly #attributes: AttributeMap;
  readonly #managementRam: SystemManagementRam;
  readonly #device: DeviceContext<typeof mchType.properties>;
  readonly #lowRamEnd: number;
  readonly #hasSmm: boolean;
  #hole: PciRange | undefined;

  constructor({ device, host, pci, memory, regions, system, hasSmm }: BridgeServices) {
    this.#device = device;
    this.#host = host;
    this.#lowRamEnd = memory.belowFourGiB;
    this.#hasSmm = hasSmm;
    const tsegMegabytes = device.properties["extended-tseg-mbytes"];
    if (tsegMegabytes > LARGEST_TSEG) throw mchErrors.MCH_TSEG_SIZE(tsegMegabytes);
    this.bridge = pci.plug({
      device,
      vendorId: VENDOR_INTEL,
      deviceId: DEVICE_P35,
      classId: CLASS.hostBridge,
      configWritten: (offset, size) => this.#written(offset, size),
      reset: () => this.#reset(),
    });
    const sources = { ram: memory.ram, pci: memory.pci, system };
    const build = (): [AttributeMap, SystemManagementRam] => {
      // What no RAM answers below 4 GiB, PCI does.
      if (memory.pci.container === undefined) system.addSubregion(guestAddress(0), memory.pci, -1);
      const attributes = new AttributeMap(regions, sources);
      return [
        attributes,
        new SystemManagementRam(regions, this.bridge.config, { ...sources, lowRamEnd: this.#lowRamEnd, tsegMegabytes }),
      ];
    };
    [this.#attributes, this.#managementRam] = regions.transaction(build);
  }

  get smram(): MemoryRegion {
    return this.#managementRam.smram;
  }

  /** Computed at reset, as the peer does: the first build of the tables, before it, does not know it. */
  get hole32(): PciRange | undefined {
    return this.#hole;
  }

  captureState(): BridgeState {
    return { pci: this.bridge.captureState() };
  }

  /** What the registers govern follows them. */
  restoreState({ pci }: BridgeState): void {
    this.bridge.restoreState(pci);
    this.#applyAttributes();
    this.#applyWindow();
    if (!this.#hasSmm) return;
    this.#managementRam.apply();
    if (this.#hasSmbase) this.#managementRam.resumeSmbase();
  }

  #written(offset: number, size: number): void {
    const touches = (start: number, length: number): boolean => offset < start + length && start < offset + size;
    if (touches(MCH_REG.pam0, PAM_COUNT)) this.#applyAttributes();
    if (touches(MCH_REG.pciExpressBar, 8)) this.#applyWindow();
    if (!this.#hasSmm) return;
    if (touches(MCH_REG.smram, 2)) this.#managementRam.apply();
    if (touches(MCH_REG.extendedTseg, 2)) this.#managementRam.answerTsegQuery();
    if (this.#hasSmbase && touches(MCH_REG.smbaseLock, 1)) this.#managementRam.applySmbase();
  }

  #reset(): void {
    const { config } = this.bridge;
    config.set32(MCH_REG.pciExpressBar, PCIEXBAR.default);
    config.set32(MCH_REG.pciExpressBar + 4, 0);
    this.#applyWindow();
    // PAM registers keep their values: the peer resets them no more than the chipset's header.
    this.#applyAttributes();
    if (this.#hasSmm) {
      config.set8(MCH_REG.smram, SMRAM_DEFAULT);
      config.setWritable(MCH_REG.smram, 1, SMRAM_WRITABLE);
      config.set8(MCH_REG.extendedSmram, ESMRAM_DEFAULT);
      config.setWritable(MCH_REG.extendedSmram, 1, ESMRAM_WRITABLE);
      this.#managementRam.resetTsegQuery();
      this.#managementRam.resetSmbase();
      this.#managementRam.apply();
      this.#managementRam.answerTsegQuery();
      if (this.#hasSmbase) this.#managementRam.applySmbase();
    }
    this.#hole = { first: this.#lowRamEnd, last: IO_APIC - 1 };
  }

  get #hasSmbase(): boolean {
    return this.#device.properties["smbase-smram"];
  }

  #applyAttributes(): void {
    const { config } = this.bridge;
    this.#attributes.apply(Array.from({ length: PAM_COUNT }, (_, index) => config.get8(MCH_REG.pam0 + index)));
  }

  #applyWindow(): void {
    const { config } = this.bridge;
    const low = config.get32(MCH_REG.pciExpressBar);
    const megabytes = WINDOW_MEGABYTES[(low & PCIEXBAR.lengthMask) >> 1];
    if (megabytes === undefined) {
      this.#device.log.warn("reserved length in PCIEXBAR");
      return;
    }
    this.#host.mapConfig((low & PCIEXBAR.enable) === 0 ? undefined : this.#window(low, megabytes));
  }

  #window(low: number, megabytes: number): MmConfigWindow {
    const size = megabytes * MiB;
    const high = this.bridge.config.get32(MCH_REG.pciExpressBar + 4) & HIGH_ADDRESS_BITS;
    return { base: high * FOUR_GIB + (low - (low % size)), size };
  }
}
