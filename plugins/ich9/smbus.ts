// Function 1f.3: the SMBus host controller, ICH9 datasheet (316972) §20.1. A machine reset leaves it as it is.
import type { DeviceContext, DeviceType, MemoryRegions } from "backplane";
import { CLASS, pciProperties, type Pci, type PciDeviceState, type PciFunction } from "backplane/plugins/pci/contract";
import { SmbusHost, type SmbusHostState } from "./smbus-host.ts";
import type { Smbus } from "./tokens.ts";
import { DEVICE_IDS, REVISION, VENDOR_INTEL } from "./registers.ts";

/** §20.1.13. */
const HOST_CONFIGURATION = { at: 0x40, enable: 0x01, i2c: 0x04, reset: 0x08 } as const;

export const smbusType = {
  name: "ICH9-SMB",
  bus: "PCI",
  description: "ICH9 SMBUS Bridge",
  userCreatable: false,
  properties: { ...pciProperties },
} satisfies DeviceType;

/** What a migration carries. */
export interface SmbusState {
  readonly pci: PciDeviceState;
  isInterrupting: boolean;
  readonly host: SmbusHostState;
}

export class SmbusController {
  readonly subject: PciFunction;
  readonly #host: SmbusHost;

  constructor(device: DeviceContext, pci: Pci, regions: MemoryRegions, bus: Smbus) {
    this.subject = pci.plug({
      device,
      vendorId: VENDOR_INTEL,
      deviceId: DEVICE_IDS.smbus,
      classId: CLASS.smbus,
      revision: REVISION,
      interruptPin: 1,
      configWritten: (offset, size) => {
        if (offset <= HOST_CONFIGURATION.at && HOST_CONFIGURATION.at < offset + size) this.#configured();
      },
    });
    this.#host = new SmbusHost(regions, bus, this.subject.interrupt);
    this.#host.region.setEnabled(false);
    this.subject.addBar(4, "io", this.#host.region);
    this.subject.config.setWritable(HOST_CONFIGURATION.at, 1, 0xff);
  }

  captureState(): SmbusState {
    const control = this.subject.config.get8(HOST_CONFIGURATION.at);
    return {
      pci: this.subject.captureState(),
      isInterrupting: this.#host.isInterrupting,
      host: { ...this.#host.captureState(), usesI2c: (control & HOST_CONFIGURATION.i2c) !== 0 },
    };
  }

  restoreState({ pci, host }: SmbusState): void {
    this.subject.restoreState(pci);
    this.#host.restoreState(host);
    const control = this.subject.config.get8(HOST_CONFIGURATION.at);
    this.#host.region.setEnabled((control & HOST_CONFIGURATION.enable) !== 0);
  }

  #configured(): void {
    const { config } = this.subject;
    const control = config.get8(HOST_CONFIGURATION.at);
    this.#host.region.setEnabled((control & HOST_CONFIGURATION.enable) !== 0);
    this.#host.usesI2c = (control & HOST_CONFIGURATION.i2c) !== 0;
    if ((control & HOST_CONFIGURATION.reset) === 0) return;
    this.#host.reset();
    config.set8(HOST_CONFIGURATION.at, control & ~HOST_CONFIGURATION.reset);
  }
}
