import { describe, expect, test } from "vitest";
import { COMMANDS, DEVICES, type JsonValue } from "backplane";
import { BRIDGE_CONTROL, BRIDGE_REG, COMMAND, PCI, REG } from "backplane/plugins/pci/contract";
import { q35, withBoard, type Board } from "./board.ts";

const port = { slot: 4 };
const args = q35("-device", "pcie-root-port,id=rp,addr=4", "-device", "pvpanic-pci,bus=rp,id=x");

/** Numbers the bus behind the port and opens its memory window. */
function openPort(board: Board): void {
  board.config(port, BRIDGE_REG.secondaryBus).write(0x09, 1);
  board.config(port, BRIDGE_REG.subordinateBus).write(0x0b, 1);
  board.config(port, BRIDGE_REG.memoryBase).write(0xe010_e000);
  board.config(port, REG.command).write(COMMAND.memory, 2);
}

describe("a bridge", () => {
  test("passes configuration accesses on by bus number", () =>
    withBoard(args, (board) => {
      const behind = board.config({ bus: 9, slot: 0 }, 0);
      expect(behind.read()).toBe(0xffff_ffff);
      openPort(board);
      expect(behind.read()).toBe(0x0011_1b36);
      const pci = board.machine.service(PCI);
      expect(pci.functions().find(({ device }) => device.id === "x")?.requesterId).toBe(0x0900);
    }));

  test("passes on what lies in its window, and no more", () =>
    withBoard(args, (board) => {
      openPort(board);
      const device = { bus: 9, slot: 0 };
      board.config(device, REG.command).write(COMMAND.memory, 2);
      board.config(device, REG.bar0).write(0xe000_0010);
      expect(board.load(0xe000_0010, 1)).toBe(7);
      board.config(device, REG.bar0).write(0xe020_0000);
      expect(board.load(0xe020_0000, 1)).toBe(0);
      board.config(device, REG.bar0).write(0xe000_0010);
      board.config(port, REG.command).write(0, 2);
      expect(board.load(0xe000_0010, 1)).toBe(0);
    }));

  test("resets the bus behind it", () =>
    withBoard(args, (board) => {
      openPort(board);
      const command = board.config({ bus: 9, slot: 0 }, REG.command);
      command.write(COMMAND.memory, 2);
      board.config(port, BRIDGE_REG.control).write(BRIDGE_CONTROL.busReset, 2);
      board.config(port, BRIDGE_REG.control).write(0, 2);
      expect(command.read(2)).toBe(0);
    }));

  test("a window above 2^53 is closed", () =>
    withBoard(args, (board) => {
      openPort(board);
      for (const high of [BRIDGE_REG.prefetchBaseHigh, BRIDGE_REG.prefetchLimitHigh])
        board.config(port, high).write(0xffff_ffff);
      board.config(port, BRIDGE_REG.prefetchBase).write(0xfff1_0001);
      expect(board.config(port, BRIDGE_REG.prefetchLimitHigh).read()).toBe(0xffff_ffff);
    }));

  test("shows in query-pci with what is behind it", () =>
    withBoard(args, async (board) => {
      openPort(board);
      const command = board.machine.service(COMMANDS).find("query-pci");
      const client = { id: "test", onClose: () => ({ dispose: () => undefined }) };
      const roots = await command?.run({}, client);
      const [root] = roots as { devices: { [key: string]: JsonValue }[] }[];
      const bridge = root?.devices.find(({ qdev_id: id }) => id === "rp");
      expect(Object.keys(bridge ?? {})).toEqual([
        "irq_pin",
        "bus",
        "pci_bridge",
        "qdev_id",
        "irq",
        "slot",
        "class_info",
        "id",
        "function",
        "regions",
      ]);
      expect(bridge).toMatchObject({
        pci_bridge: { bus: { secondary: 9, subordinate: 11, memory_range: { base: 0xe000_0000, limit: 0xe01f_ffff } } },
      });
      expect(JSON.stringify(bridge)).toContain('"qdev_id":"x"');
    }));
});

describe("hot-plug", () => {
  const machine = q35(
    "-device",
    "pcie-root-port,id=rp,chassis=1,addr=4",
    "-device",
    "pcie-root-port,id=off,chassis=2,hotplug=off",
    "-device",
    "pci-bridge,id=b,chassis_nr=3",
  );
  const SELECT = 0xcd0;
  const UP = 0xcc0;
  const DOWN = 0xcc4;
  const EJECT = 0xcc8;
  const INDEX = 0xcd4;

  test("buses that can are numbered, the youngest bridge first", () =>
    withBoard(machine, (board) => {
      const devices = board.machine.service(DEVICES);
      devices.create({ driver: "pvpanic-pci", id: "x", bus: "rp", properties: {} });
      devices.create({ driver: "pvpanic-pci", id: "y", bus: "b", properties: { addr: "3", "acpi-index": 7 } });
      const seen = [0, 1, 2].map((selector) => {
        board.out(SELECT, selector);
        return board.in(UP);
      });
      expect(seen).toEqual([1 << 3, 1 << 0, 0]);
      // Reading took the notices away.
      board.out(SELECT, 0);
      expect(board.in(UP)).toBe(0);
      board.out(INDEX, 1 << 3);
      expect([board.in(INDEX), board.in(INDEX)]).toEqual([7, 0]);
    }));

  test("what the host's user wants gone goes when the guest ejects it", () =>
    withBoard(machine, async (board) => {
      const devices = board.machine.service(DEVICES);
      const { device } = devices.create({ driver: "pvpanic-pci", id: "y", bus: "b", properties: { addr: "3" } });
      device.unplug?.();
      board.out(SELECT, 0);
      expect(board.in(DOWN)).toBe(1 << 3);
      board.out(EJECT, 1 << 3);
      await new Promise(setImmediate);
      expect([devices.byId("y"), board.in(DOWN)]).toEqual([undefined, 0]);
    }));

  test("buses without hot-plug say so", () =>
    withBoard(machine, (board) => {
      const buses = new Map(
        board.machine
          .service(PCI)
          .buses()
          .map((bus) => [bus.name, bus]),
      );
      expect(buses.get("pcie.0")?.refuses?.(true)).toBe("Bus 'pcie.0' does not support hotplugging");
      expect(buses.get("off")?.refuses?.(true)).toBe("Bus 'off' does not support hotplugging");
      expect(buses.get("rp")?.refuses?.(true)).toBeUndefined();
      expect(() => board.machine.service(DEVICES).byId("rp")?.device.unplug?.()).toThrow(
        "Bus 'pcie.0' does not support hotplugging",
      );
    }));
});
