import { describe, expect, test } from "vitest";
import {
  BUSES,
  DEVICE,
  DEVICES,
  definePlugin,
  inject,
  injectable,
  prop,
  QOM,
  type Bus,
  type Buses,
  type Device,
  type DeviceContext,
  type Machine,
} from "backplane";
import { withMachine } from "backplane/kit";

const bridge = {
  name: "test-bridge",
  parent: "sys-bus-device",
  properties: { name: prop.string("bus.0"), room: prop.bool(true) },
} as const;

@injectable()
class Bridge implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof bridge.properties>,
    @inject(BUSES) private readonly buses: Buses,
  ) {}

  realize(): void {
    const { name, room } = this.device.properties;
    const bus: Bus = { name, kinds: ["TEST"], hasRoom: room };
    this.device.own(this.buses.add(bus));
  }
}

const card = { name: "test-card", bus: "TEST", properties: { fails: prop.bool(false) } } as const;

@injectable()
class Card implements Device {
  constructor(@inject(DEVICE) private readonly device: DeviceContext<typeof card.properties>) {}

  realize(): void {
    if (this.device.properties.fails) throw new Error("refused");
  }
}

const plugin = definePlugin({
  id: "test-buses",
  apiVersion: 1,
  summary: "a bus with cards",
  attach(machine) {
    const devices = machine.use(DEVICES);
    machine.own(devices.register(bridge, Bridge));
    machine.own(devices.register(card, Card));
  },
});

const withBuses = (use: (machine: Machine) => void | Promise<void>): Promise<void> =>
  withMachine({ with: [plugin] }, use);

describe("buses", () => {
  test("stand below their device, with links to what sits on them, youngest first", () =>
    withBuses(async (machine) => {
      const devices = machine.service(DEVICES);
      const buses = machine.service(BUSES);
      const qom = machine.service(QOM);
      const owner = devices.create({ driver: "test-bridge", id: "b0", properties: {} });
      const [first] = ["c0", "c1"].map((id) => devices.create({ driver: "test-card", id, properties: {} }));
      expect(qom.resolve("bus.0").path).toBe("/machine/peripheral/b0/bus.0");
      expect(buses.system.devices.map(({ id }) => id)).toEqual(["b0"]);
      const [place] = buses.of(owner.context);
      expect(place?.devices.map(({ id }) => id)).toEqual(["c1", "c0"]);
      expect(qom.resolve("bus.0").property("child[1]")?.get?.()).toBe("/machine/peripheral/c1");
      expect(qom.resolve("c0").property("parent_bus")?.get?.()).toBe("/machine/peripheral/b0/bus.0");
      if (first !== undefined) await devices.remove(first);
      expect(place?.devices.map(({ id }) => id)).toEqual(["c1"]);
      expect(qom.resolve("bus.0").property("child[0]")).toBeUndefined();
      expect(qom.find("c0")).toBeUndefined();
    }));

  test("of the youngest device are tried first, and full ones passed over", () =>
    withBuses((machine) => {
      const devices = machine.service(DEVICES);
      for (const [name, room] of [
        ["old", true],
        ["young", true],
        ["full", false],
      ] as const) {
        devices.create({ driver: "test-bridge", properties: { name, room } });
      }
      expect(devices.create({ driver: "test-card", properties: {} }).context.bus?.name).toBe("young");
      expect(devices.create({ driver: "test-card", bus: "old", properties: {} }).context.bus?.name).toBe("old");
    }));
});

describe("places", () => {
  test("are by id, by number, or where the board says", () =>
    withBuses((machine) => {
      const devices = machine.service(DEVICES);
      const path = (...args: Parameters<typeof devices.create>): string => devices.create(...args).context.path;
      const place = { of: "/machine", name: "board" };
      expect(path({ driver: "test-bridge", place, properties: {} }, "machine")).toBe("/machine/board");
      expect(path({ driver: "test-card", id: "c0", properties: {} })).toBe("/machine/peripheral/c0");
      expect(path({ driver: "test-card", properties: {} })).toBe("/machine/peripheral-anon/device[0]");
      expect(path({ driver: "test-card", properties: {} }, "machine")).toBe("/machine/unattached/device[0]");
      const below = { of: "test-bridge", name: "slot[*]" };
      expect(path({ driver: "test-card", place: below, properties: {} }, "machine")).toBe("/machine/board/slot[0]");
      expect(() => path({ driver: "test-card", place: { of: "nosuch", name: "x" }, properties: {} })).toThrow(
        "no object 'nosuch' to put a device below",
      );
    }));

  test("of refused devices are free again at once", () =>
    withBuses((machine) => {
      const devices = machine.service(DEVICES);
      devices.create({ driver: "test-bridge", properties: {} });
      const create = (fails: boolean) => devices.create({ driver: "test-card", properties: { fails } });
      expect(() => create(true)).toThrow("refused");
      expect(machine.service(QOM).resolve("bus.0").property("child[0]")).toBeUndefined();
      expect(create(false).context.path).toBe("/machine/peripheral-anon/device[1]");
    }));
});
