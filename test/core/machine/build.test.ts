import { describe, expect, test } from "vitest";
import {
  byteLength,
  definePlugin,
  DEVICE,
  DEVICES,
  inject,
  injectable,
  Machine,
  MEMORY_REGIONS,
  prop,
  RAM_BLOCK_NOTIFIERS,
  RAM_LIST,
  token,
  type AnyPlugin,
  type Device,
  type DeviceContext,
  type MemoryRegions,
} from "backplane";
import { recordNotifications, testDefinition, withMachine } from "backplane/kit";

const COUNTER = token<{ next(): number }>("COUNTER");

const properties = {
  size: prop.size(4096),
  label: prop.string(undefined),
  mode: prop.choice("Mode", ["a", "b"], "a"),
  quirk: prop.unmodelled(prop.bool(true)),
};
const cardType = { name: "card", properties, description: "a test card" };

@injectable()
class Card implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof properties>,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
  ) {}
  realize(): void {
    if (this.device.properties.label === "broken") throw new Error("the card is broken");
    this.regions.ram(`card-${this.device.properties.label ?? "x"}`, byteLength(this.device.properties.size));
  }
}

const cards = definePlugin({
  id: "cards",
  apiVersion: 1,
  summary: "test cards",
  attach: (machine) => void machine.own(machine.use(DEVICES).register(cardType, Card)),
});

describe("building a machine", () => {
  test("devices get services and parsed properties", () =>
    withMachine(
      { with: [cards], devices: [{ driver: "card", properties: { size: "8K", label: "one" } }] },
      (machine) => {
        expect(machine.service(RAM_LIST).byIdstr("card-one")?.usedLength).toBe(8192);
      },
    ));

  test.for([
    [{ driver: "nothing", properties: {} }, "'nothing' is not a valid device model name"],
    [{ driver: "card", properties: { colour: "red" } }, "Property 'card.colour' not found"],
    [
      { driver: "card", properties: { quirk: false } },
      "Property 'card.quirk' is not modelled yet beyond its default, true",
    ],
    [{ driver: "card", properties: { mode: "c" } }, "does not accept value 'c'"],
    [{ driver: "card", properties: { label: "broken" } }, "the card is broken"],
  ] as const)("a device that cannot be: %o", async ([device, message]) => {
    const released: string[] = [];
    const witness = definePlugin({
      id: "witness",
      apiVersion: 1,
      summary: "",
      attach: (machine) => void machine.own({ dispose: () => void released.push("witness") }),
    });
    await expect(withMachine({ with: [witness, cards], devices: [device] }, () => undefined)).rejects.toThrow(message);
    expect(released).toEqual(["witness"]);
  });

  test("a property whose effect is not modelled may be given with its default", () =>
    withMachine({ with: [cards], devices: [{ driver: "card", properties: { quirk: "on" } }] }, (machine) => {
      expect(machine.service(RAM_LIST).blocks()).toHaveLength(1);
    }));

  test("two devices with one id", () =>
    expect(
      withMachine(
        {
          with: [cards],
          devices: [
            { driver: "card", id: "a", properties: { label: "1" } },
            { driver: "card", id: "a", properties: { label: "2" } },
          ],
        },
        () => undefined,
      ),
    ).rejects.toThrow("Duplicate device ID 'a'"));

  test("an unknown machine type", () =>
    expect(
      Machine.create(testDefinition({ machine: { type: "toaster", properties: {} } }), { types: [] }),
    ).rejects.toThrow('unsupported machine type: "toaster"'));
});

describe("plugins", () => {
  const failing = (id: string, attach: AnyPlugin["attach"]): AnyPlugin => ({ id, apiVersion: 1, summary: "", attach });

  test("one that throws while attaching is named, and what others owned is released", async () => {
    const order: string[] = [];
    const first = failing("first", (machine) => void machine.own({ dispose: () => void order.push("first") }));
    const second = failing("second", (machine) => {
      machine.own({ dispose: () => void order.push("second") });
      throw new Error("no");
    });
    await expect(withMachine({ with: [first, second] }, () => undefined)).rejects.toMatchObject({
      code: "PLUGIN_ATTACH_FAILED",
      plugin: "second",
      message: "plugin 'second' could not be attached: no",
    });
    expect(order).toEqual(["second", "first"]);
  });

  test("a token that the manifest does not list", async () => {
    const user = failing("user", (machine) => void machine.use(COUNTER));
    await expect(withMachine({ with: [user] }, () => undefined)).rejects.toThrow(
      "plugin 'user' uses COUNTER without listing it under 'requires'",
    );
    const class_ = failing("maker", (machine) => machine.provideValue(COUNTER, { next: () => 1 }));
    await expect(withMachine({ with: [class_] }, () => undefined)).rejects.toThrow(
      "without listing it under 'provides'",
    );
  });

  test("a manifest that promises what attach does not provide", () =>
    expect(
      withMachine({ with: [{ ...failing("liar", () => undefined), provides: [COUNTER] }] }, () => undefined),
    ).rejects.toThrow("lists COUNTER under 'provides'"));

  test("options for a plugin that the machine does not have", () =>
    expect(withMachine({ options: { ghost: { value: {} } } }, () => undefined)).rejects.toMatchObject({
      code: "PLUGIN_UNKNOWN",
    }));

  test("options for a plugin that has none", () =>
    expect(
      withMachine({ with: [cards], options: { cards: { value: { x: 1 } } } }, () => undefined),
    ).rejects.toMatchObject({ code: "PLUGIN_OPTIONS", plugin: "cards" }));
});

describe("two machines in one process", () => {
  test("share nothing; releasing one leaves the other", () =>
    withMachine({ with: [cards], devices: [{ driver: "card", properties: { label: "a" } }] }, async (kept) => {
      await withMachine({ with: [cards], devices: [{ driver: "card", properties: { label: "b" } }] }, (other) => {
        expect(
          other
            .service(RAM_LIST)
            .blocks()
            .map(({ idstr }) => idstr),
        ).toEqual(["card-b"]);
      });
      expect(
        kept
          .service(RAM_LIST)
          .blocks()
          .map(({ idstr }) => idstr),
      ).toEqual(["card-a"]);
    }));
});

describe("the kit", () => {
  test("fails a plugin that leaves a notifier behind", async () => {
    const careless: AnyPlugin = {
      id: "careless",
      apiVersion: 1,
      summary: "",
      attach: (machine) => void machine.use(RAM_BLOCK_NOTIFIERS).add({ name: "left" }),
    };
    await expect(withMachine({ with: [careless] }, () => undefined)).rejects.toThrow(
      "still registered after the machine was released: left",
    );
  });

  test("records notifications", () =>
    withMachine({ with: [cards] }, async (machine) => {
      const record = recordNotifications(machine.service(RAM_BLOCK_NOTIFIERS));
      machine.service(DEVICES).create({ driver: "card", properties: { label: "late" } });
      expect(record.calls.map(({ kind, idstr }) => [kind, idstr])).toContainEqual(["added", expect.any(String)]);
      await record.dispose();
    }));
});
