import { disposable, type Bus, type Disposable } from "backplane";
import type { Eeprom } from "./smbus-eeprom.ts";
import type { Smbus } from "./tokens.ts";

/** The wires of the SMBus, with what answers on them. */
export class SmbusSegment implements Bus, Smbus {
  readonly name = "i2c";
  readonly kinds = ["i2c-bus"];
  readonly hasRoom = true;
  readonly #targets = new Map<number, Eeprom>();

  refuses(hotplug: boolean): string | undefined {
    return hotplug ? "Bus 'i2c' does not support hotplugging" : undefined;
  }

  attach(address: number, target: Eeprom): Disposable {
    this.#targets.set(address, target);
    return disposable(() => {
      this.#targets.delete(address);
    });
  }

  at(address: number): Eeprom | undefined {
    return this.#targets.get(address);
  }
}
