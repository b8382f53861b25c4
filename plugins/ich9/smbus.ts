// Function 1f.3: the SMBus host controller, ICH9 datasheet (316972) §20.2; protocols: SMBus specification 2.0 §5.5.
// Behind it sit the memory modules' EEPROMs, which are empty.
import { byteLength, type DeviceContext, type DeviceType, type MemoryRegion, type MemoryRegions } from "backplane";
import { CLASS, pciProperties, type Pci, type PciFunction } from "backplane/plugins/pci/contract";
import { DEVICE_IDS, REVISION, VENDOR_INTEL } from "./registers.ts";

const BLOCK_LENGTH = 64;
const HOST_CONFIGURATION = { at: 0x40, enable: 0x01, reset: 0x08 } as const;
const AT = {
  status: 0x00,
  control: 0x02,
  command: 0x03,
  address: 0x04,
  data0: 0x05,
  data1: 0x06,
  block: 0x07,
} as const;
const STATUS = { done: 0x02, deviceError: 0x04, inUse: 0x40, clearable: 0xbe } as const;
const CONTROL = { start: 0x40, protocol: 0x1c } as const;
const PROTOCOL = { quick: 0, byte: 1, byteData: 2, wordData: 3 } as const;
const READ = 0x01;
const EEPROM = { first: 0x50, count: 8, size: 256 } as const;

export const smbusType = {
  name: "ICH9-SMB",
  bus: "PCI",
  description: "ICH9 SMBUS Bridge",
  userCreatable: false,
  properties: { ...pciProperties },
} satisfies DeviceType;

class Eeprom {
  readonly #bytes = new Uint8Array(EEPROM.size);
  #pointer = 0;

  seek(pointer: number): void {
    this.#pointer = pointer;
  }

  read(): number {
    const byte = this.#bytes[this.#pointer] ?? 0;
    this.#pointer = (this.#pointer + 1) % EEPROM.size;
    return byte;
  }

  write(byte: number): void {
    this.#bytes[this.#pointer] = byte;
    this.#pointer = (this.#pointer + 1) % EEPROM.size;
  }
}

export class SmbusController {
  readonly subject: PciFunction;
  readonly #device: DeviceContext;
  readonly #registers = new Uint8Array(BLOCK_LENGTH);
  readonly #eeproms = Array.from({ length: EEPROM.count }, () => new Eeprom());
  readonly #region: MemoryRegion;

  constructor(device: DeviceContext, pci: Pci, regions: MemoryRegions) {
    this.#device = device;
    this.subject = pci.plug({
      device,
      vendorId: VENDOR_INTEL,
      deviceId: DEVICE_IDS.smbus,
      classId: CLASS.smbus,
      revision: REVISION,
      interruptPin: 1,
      configWritten: () => this.#configured(),
      reset: () => {
        this.subject.config.set8(HOST_CONFIGURATION.at, 0);
        this.#registers.fill(0);
        this.#configured();
      },
    });
    this.#region = regions.io("pm-smbus", byteLength(BLOCK_LENGTH), {
      valid: { min: 1, max: 1 },
      impl: { min: 1, max: 1 },
      read: (offset) => this.#read(offset),
      write: (offset, value) => this.#write(offset, value),
    });
    this.#region.setEnabled(false);
    this.subject.addBar(4, "io", this.#region);
    this.subject.config.setWritable(HOST_CONFIGURATION.at, 1, 0xff);
  }

  #configured(): void {
    const { config } = this.subject;
    const control = config.get8(HOST_CONFIGURATION.at);
    if ((control & HOST_CONFIGURATION.reset) !== 0) {
      this.#registers.fill(0);
      config.set8(HOST_CONFIGURATION.at, control & ~HOST_CONFIGURATION.reset);
    }
    this.#region.setEnabled((control & HOST_CONFIGURATION.enable) !== 0);
  }

  #read(offset: number): number {
    const value = this.#registers[offset] ?? 0;
    // The first to read the status owns the controller until it writes the bit.
    if (offset === AT.status) this.#registers[AT.status] = value | STATUS.inUse;
    return value;
  }

  #write(offset: number, value: number): void {
    if (offset === AT.status) {
      this.#registers[AT.status] = (this.#registers[AT.status] ?? 0) & ~(value & (STATUS.clearable | STATUS.inUse));
      return;
    }
    this.#registers[offset] = offset === AT.control ? value & ~CONTROL.start : value;
    if (offset === AT.control && (value & CONTROL.start) !== 0) this.#transfer((value & CONTROL.protocol) >> 2);
  }

  #transfer(protocol: number): void {
    const address = this.#registers[AT.address] ?? 0;
    const isRead = (address & READ) !== 0;
    const eeprom = this.#eeproms[(address >> 1) - EEPROM.first];
    const succeeded = eeprom !== undefined && this.#run(protocol, eeprom, isRead);
    this.#registers[AT.status] = (this.#registers[AT.status] ?? 0) | (succeeded ? STATUS.done : STATUS.deviceError);
  }

  #run(protocol: number, eeprom: Eeprom, isRead: boolean): boolean {
    const command = this.#registers[AT.command] ?? 0;
    switch (protocol) {
      case PROTOCOL.quick:
        return true;
      case PROTOCOL.byte:
        if (isRead) this.#registers[AT.data0] = eeprom.read();
        else eeprom.seek(command);
        return true;
      case PROTOCOL.byteData:
      case PROTOCOL.wordData: {
        eeprom.seek(command);
        const places = protocol === PROTOCOL.byteData ? [AT.data0] : [AT.data0, AT.data1];
        for (const place of places) {
          if (isRead) this.#registers[place] = eeprom.read();
          else eeprom.write(this.#registers[place] ?? 0);
        }
        return true;
      }
      default:
        this.#device.log.warn("SMBus protocol that the EEPROMs do not speak", { protocol });
        return false;
    }
  }
}
