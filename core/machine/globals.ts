import { asBackplaneError, BackplaneError, type Origin } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { DeviceType } from "./component.ts";
import { parseProperties } from "./property.ts";

/** A property's value for every device of a driver that does not set it itself. */
export interface GlobalProperty {
  readonly driver: string;
  readonly property: string;
  /** Text, as on a command line. */
  readonly value: string;
  readonly origin?: Origin;
}

/** The definition's globals, and which of them found a device. */
export class GlobalProperties {
  readonly #globals: readonly GlobalProperty[];
  readonly #used = new Set<GlobalProperty>();

  constructor(globals: readonly GlobalProperty[]) {
    this.#globals = globals;
  }

  /** The values for a device. Throws what is wrong with them. */
  valuesFor(type: DeviceType): { readonly [property: string]: unknown } {
    const values: Record<string, unknown> = {};
    for (const global of this.#globals) {
      if (global.driver !== type.name) continue;
      this.#used.add(global);
      const { driver, property, value } = global;
      try {
        const parsed: { readonly [name: string]: unknown } = parseProperties(
          type.properties,
          { [property]: value },
          driver,
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
      if (type === undefined) log.warn(`global ${driver}.${property} has invalid class name`);
      else if (type.hotpluggable === false && type.bus === undefined) {
        log.warn(`global ${driver}.${property}=${value} not used`);
      }
    }
  }
}
