import { token } from "../di/token.ts";
import { asBackplaneError, BackplaneError, type Origin } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { DeviceType } from "./component.ts";
import type { CompatibilityValue } from "./machine-type.ts";
import { parseProperties } from "./property.ts";

/** A property's value for every device of a driver that does not set it itself. */
export interface GlobalProperty {
  readonly driver: string;
  readonly property: string;
  /** Text, as on a command line. */
  readonly value: string;
  readonly origin?: Origin;
}

/** The machine's globals, for plugins whose options come to some. */
export interface Globals {
  /** Counts more than those that are there. */
  add(global: GlobalProperty): void;
  /** The values for a device. Throws what is wrong with them. */
  valuesFor(type: DeviceType): { readonly [property: string]: unknown };
}

export const GLOBALS = token<Globals>("GLOBALS");

/** Whether a type descends from another one. */
type IsKindOf = (type: string, ancestor: string) => boolean;

/** The definition's globals, and which of them found a device. */
export class GlobalProperties implements Globals {
  readonly #globals: GlobalProperty[];
  readonly #compatibility: readonly CompatibilityValue[];
  readonly #used = new Set<GlobalProperty>();

  readonly #isKindOf: IsKindOf;

  /** `compatibility` are defaults of the machine type's version: they count less than what a user says. */
  constructor(
    globals: readonly GlobalProperty[],
    compatibility: readonly CompatibilityValue[] = [],
    isKindOf: IsKindOf = () => false,
  ) {
    this.#globals = [...globals];
    this.#compatibility = compatibility;
    this.#isKindOf = isKindOf;
  }

  add(global: GlobalProperty): void {
    this.#globals.push(global);
  }

  valuesFor(type: DeviceType): { readonly [property: string]: unknown } {
    const values: Record<string, unknown> = {};
    for (const { driver, property, value } of this.#compatibility) {
      const isMeant = driver === type.name || (driver === "pci-device" && type.bus === "PCI");
      const declared = isMeant ? type.properties[property] : undefined;
      if (declared !== undefined) values[property] = declared.parse(value, property, type.name, "string");
    }
    for (const global of this.#globals) {
      if (global.driver !== type.name && !this.#isKindOf(type.name, global.driver)) continue;
      this.#used.add(global);
      const { driver, property, value } = global;
      try {
        const parsed: { readonly [name: string]: unknown } = parseProperties(
          type.properties,
          { [property]: value },
          type.name,
          "string",
        );
        values[property] = parsed[property];
      } catch (failure) {
        // The code stays that of what is wrong; the message says where the value came from.
        const { code, message, hints } = asBackplaneError(failure);
        throw new BackplaneError(code, `can't apply global ${driver}.${property}=${value}: ${message}`, {
          hints,
          cause: failure,
        });
      }
    }
    return values;
  }

  /**
   * Warns of globals that no device has had a use for, once the machine is complete. Devices that may still be plugged,
   * and those of buses, may still come; that nothing can be plugged into ISA does not count.
   */
  report(types: readonly DeviceType[], log: Logger): void {
    for (const global of this.#globals) {
      if (this.#used.has(global)) continue;
      const { driver, property, value } = global;
      const type = types.find(({ name }) => name === driver);
      // Of a whole class of devices one may still come.
      if (type === undefined && this.#isKindOf(driver, "device")) continue;
      if (type === undefined) log.warn(`global ${driver}.${property} has invalid class name`);
      else if (type.hotpluggable === false && type.bus === undefined) {
        log.warn(`global ${driver}.${property}=${value} not used`);
      }
    }
  }
}
