import { describe, expect, test } from "vitest";
import { GpioPins } from "backplane";

const record = () => {
  const seen: string[] = [];
  return { seen, see: (who: string) => (pin: number, level: boolean) => void seen.push(`${who} ${pin} ${level}`) };
};

describe("a device's pins", () => {
  test("are numbered on, per name", () => {
    const pins = new GpioPins();
    pins.inputs(undefined, 2, () => undefined);
    pins.outputs("gsi", 3);
    const { seen, see } = record();
    const [third] = pins.inputs(undefined, 1, see("device"));
    third?.set(true);
    expect(seen).toEqual(["device 2 true"]);
    expect(pins.lists.map(({ name, inputs, outputs }) => [name, inputs.length, outputs.length])).toEqual([
      [undefined, 3, 0],
      ["gsi", 0, 3],
    ]);
    expect(pins.list("gpio")).toBeUndefined();
  });

  test("lead where they are connected, with the level that is there", () => {
    const pins = new GpioPins();
    const [output] = pins.outputs(undefined, 1);
    const levels: boolean[] = [];
    output?.set(true);
    output?.connect({ set: (level) => levels.push(level) });
    output?.set(false);
    expect([levels, output?.level]).toEqual([[true, false], false]);
  });

  test("can be looked at: the device and the far end are told as before", () => {
    const pins = new GpioPins();
    const { seen, see } = record();
    const [input] = pins.inputs(undefined, 1, see("device"));
    const [output] = pins.outputs("out", 1);
    output?.connect({ set: (level) => see("far end")(0, level) });
    expect(pins.interceptInputs(see("client"))).toBe(true);
    expect(pins.interceptOutputs("out", see("client"))).toBe(true);
    input?.set(true);
    output?.set(true);
    expect(seen).toEqual(["device 0 true", "client 0 true", "far end 0 true", "client 0 true"]);
  });

  test("that are not there cannot be looked at", () => {
    const pins = new GpioPins();
    expect(pins.interceptInputs(() => undefined)).toBe(false);
    expect(pins.interceptOutputs(undefined, () => undefined)).toBe(false);
  });
});
