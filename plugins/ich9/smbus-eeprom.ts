// An EEPROM of 256 bytes on an SMBus: JEDEC EE1002A, "24C02"; addresses from 0x50.
import {
  DEVICE,
  inject,
  injectable,
  prop,
  RESETS,
  type Device,
  type DeviceContext,
  type DeviceType,
  type Resets,
} from "backplane";
import { SMBUS, type Smbus } from "./tokens.ts";

const SIZE = 256;

export const smbusEepromType = {
  name: "smbus-eeprom",
  bus: "i2c-bus",
  parent: "smbus-device",
  userCreatable: false,
  hotpluggable: false,
  properties: { address: prop.unsigned(8, 0) },
} satisfies DeviceType;

/** A memory module's description; these are empty. */
export class Eeprom {
  readonly #bytes = new Uint8Array(SIZE);
  #pointer = 0;

  /** The peer's module forgets what was written: it has nowhere to keep it. */
  reset(): void {
    this.#bytes.fill(0);
    this.#pointer = 0;
  }

  seek(pointer: number): void {
    this.#pointer = pointer;
  }

  read(): number {
    const byte = this.#bytes[this.#pointer] ?? 0;
    this.#pointer = (this.#pointer + 1) % SIZE;
    return byte;
  }

  write(byte: number): void {
    this.#bytes[this.#pointer] = byte;
    this.#pointer = (this.#pointer + 1) % SIZE;
  }
}

@injectable()
export class SmbusEepromDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof smbusEepromType.properties>,
    @inject(SMBUS) private readonly bus: Smbus,
    @inject(RESETS) private readonly resets: Resets,
  ) {}

  realize(): void {
    const eeprom = new Eeprom();
    this.device.own(this.bus.attach(this.device.properties.address, eeprom));
    this.device.own(this.resets.add(() => eeprom.reset()));
    // It has its number among the sections, and never takes part: so it is with the peer's modules.
    this.device.carry({
      kind: "captured",
      idstr: "smbus-eeprom",
      version: 1,
      isNeeded: () => false,
      description: async () => (await import("./late/smbus-state.ts")).EEPROM,
      capture: () => ({}),
      restore: () => undefined,
    });
  }
}
