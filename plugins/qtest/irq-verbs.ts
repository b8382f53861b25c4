import type { DeviceGpio } from "backplane";
import { INVALID, type Verb } from "./answers.ts";

const UNKNOWN_DEVICE = "FAIL Unknown device";
const INPUT_LIST = "unnamed-gpio-in";

/** The pins of the device at a path in the object tree. */
export type FindPins = (path: string) => DeviceGpio | undefined;

/** Interrupt lines, seen and driven from outside. One device can be looked at. */
export function irqVerbs(find: FindPins, notify: (pin: number, level: boolean) => void): ReadonlyMap<string, Verb> {
  let intercepted: DeviceGpio | undefined;
  const intercept =
    (install: (pins: DeviceGpio, name: string | undefined) => boolean, takesName: boolean): Verb =>
    (words) => {
      const path = words.text();
      if (path === undefined) return INVALID;
      const name = words.text();
      const pins = find(path);
      if (pins === undefined) return UNKNOWN_DEVICE;
      if (name !== undefined && !takesName) return "FAIL Interception of named in-GPIOs not yet supported";
      if (intercepted !== undefined) return intercepted === pins ? "OK" : "FAIL IRQ intercept already enabled";
      if (!install(pins, name)) return "FAIL No intercepts installed";
      intercepted = pins;
      return "OK";
    };
  return new Map<string, Verb>([
    ["irq_intercept_in", intercept((pins) => pins.interceptInputs(notify), false)],
    ["irq_intercept_out", intercept((pins, name) => pins.interceptOutputs(name, notify), true)],
    [
      "set_irq_in",
      (words) => {
        const path = words.text();
        const name = words.text();
        if (path === undefined || name === undefined || !words.read()) return INVALID;
        const pin = words.value;
        if (!words.read()) return INVALID;
        const level = words.value !== 0;
        const pins = find(path);
        if (pins === undefined) return UNKNOWN_DEVICE;
        const input = pins.list(name === INPUT_LIST ? undefined : name)?.inputs[pin];
        if (input === undefined) return INVALID;
        input.set(level);
        return "OK";
      },
    ],
  ]);
}
