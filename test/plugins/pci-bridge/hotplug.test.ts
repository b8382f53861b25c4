// The standard hot-plug controller, where ACPI leaves the bus to it.
import { expect, test } from "vitest";
import { DEVICES } from "backplane";
import { q35, withBoard, type Board } from "../pci/board.ts";

const BAR = 0xe000_0000;
const AT = { command: 0x14, interrupts: 0x18, serr: 0x20, slot2: 0x24 + 4 } as const;
const native = q35(
  "-global",
  "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
  "-device",
  "pci-bridge,id=br,chassis_nr=1,addr=4",
);

function open(board: Board): void {
  board.config({ slot: 4 }, 0x10).write(BAR);
  board.config({ slot: 4 }, 0x04).write(2, 2);
}

test("a device comes with its button, latch and presence, and goes when its slot is switched off", () =>
  withBoard(native, async (board) => {
    open(board);
    const devices = board.machine.service(DEVICES);
    const { device } = devices.create({
      driver: "pvpanic-pci",
      id: "x",
      bus: "br",
      properties: { addr: "2.0" },
    });
    expect(board.load(BAR + AT.slot2 + 2, 1)).toBe(0x0d);
    expect(board.load(BAR + AT.slot2, 2) & 0xd00).toBe(0);
    // Enabled, power indicator on.
    board.store(BAR + AT.command, 0x0206, 2);
    board.store(BAR + AT.slot2 + 2, 0xff, 1);
    device.unplug?.();
    expect(board.load(BAR + AT.slot2 + 2, 1)).toBe(0x04);
    // Disabled, power indicator off.
    board.store(BAR + AT.command, 0x020f, 2);
    await new Promise(setImmediate);
    expect(devices.byId("x")).toBeUndefined();
    expect(board.load(BAR + AT.slot2, 2) & 0xd00).toBe(0xd00);
  }));

test("commands complete at once, and those that there are not are refused", () =>
  withBoard(native, (board) => {
    open(board);
    board.store(BAR + AT.serr, 0xa, 4);
    board.store(BAR + AT.command, 0x50, 1);
    expect(board.load(BAR + AT.command + 2, 2)).toBe(0x4);
    expect(board.load(BAR + AT.interrupts)).toBe(1);
    board.store(BAR + AT.serr + 2, 1, 1);
    expect(board.load(BAR + AT.interrupts)).toBe(0);
  }));
