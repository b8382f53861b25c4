// The file's layout: Linux, include/uapi/linux/qemu_fw_cfg.h, `struct fw_cfg_vmcoreinfo`; little-endian and packed.
import type { VmcoreinfoNote } from "./contract.ts";

export const VMCOREINFO_FILE = "etc/vmcoreinfo";

const LENGTH = 16;
const AT = { hostFormat: 0, guestFormat: 2, size: 4, address: 8 } as const;
const FORMAT = { none: 0, elf: 1 } as const;

/** What a migration carries. */
export interface VmcoreinfoState {
  isComplete: boolean;
  hostFormat: number;
  guestFormat: number;
  size: number;
  address: bigint;
}

export class VmcoreinfoFile {
  readonly bytes = new Uint8Array(LENGTH);
  readonly #fields = new DataView(this.bytes.buffer);
  #isComplete = false;

  reset(): void {
    this.bytes.fill(0);
    this.#fields.setUint16(AT.hostFormat, FORMAT.elf, true);
    this.#isComplete = false;
  }

  /** After each write of the guest: only one that covers the file counts. */
  written(offset: number, length: number): void {
    const format = this.#fields.getUint16(AT.guestFormat, true);
    this.#isComplete = offset === 0 && length === LENGTH && format !== FORMAT.none;
  }

  captureState(): VmcoreinfoState {
    return {
      isComplete: this.#isComplete,
      hostFormat: this.#fields.getUint16(AT.hostFormat, true),
      guestFormat: this.#fields.getUint16(AT.guestFormat, true),
      size: this.#fields.getUint32(AT.size, true),
      address: this.#fields.getBigUint64(AT.address, true),
    };
  }

  restoreState({ isComplete, hostFormat, guestFormat, size, address }: VmcoreinfoState): void {
    this.#fields.setUint16(AT.hostFormat, hostFormat, true);
    this.#fields.setUint16(AT.guestFormat, guestFormat, true);
    this.#fields.setUint32(AT.size, size, true);
    this.#fields.setBigUint64(AT.address, address, true);
    this.#isComplete = isComplete;
  }

  get note(): VmcoreinfoNote | undefined {
    if (!this.#isComplete) return undefined;
    return {
      hostFormat: this.#fields.getUint16(AT.hostFormat, true),
      guestFormat: this.#fields.getUint16(AT.guestFormat, true),
      size: this.#fields.getUint32(AT.size, true),
      address: this.#fields.getBigUint64(AT.address, true),
    };
  }
}
