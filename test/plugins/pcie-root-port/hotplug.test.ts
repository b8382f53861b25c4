// Hot-plug by the port's own registers, where ACPI leaves it to them.
import { expect, test } from "vitest";
import { CLOCK, COMMANDS, DEVICES } from "backplane";
import { CAPABILITY, EXPRESS_AT, PCI } from "backplane/plugins/pci/contract";
import { q35, withBoard, type Board } from "../pci/board.ts";

const native = q35(
  "-global",
  "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
  "-device",
  "pcie-root-port,id=rp,addr=4",
);

function slotRegister(board: Board, register: number) {
  const port = board.machine
    .service(PCI)
    .functions()
    .find(({ device }) => device.id === "rp");
  return board.config({ slot: 4 }, (port?.findCapability(CAPABILITY.express) ?? 0) + register);
}

test("a device that comes shows in the slot's status, and its interrupt is a message", () =>
  withBoard(native, (board) => {
    const status = slotRegister(board, EXPRESS_AT.slotStatus);
    expect(status.read(2)).toBe(0);
    board.machine.service(DEVICES).create({ driver: "pvpanic-pci", id: "x", bus: "rp", properties: {} });
    expect(status.read(2)).toBe(0x49);
    status.write(0x9, 2);
    expect(status.read(2)).toBe(0x40);
  }));

test("a device goes when the system has switched the slot off", () =>
  withBoard(native, async (board) => {
    const devices = board.machine.service(DEVICES);
    const { device } = devices.create({ driver: "pvpanic-pci", id: "x", bus: "rp", properties: {} });
    device.unplug?.();
    expect(slotRegister(board, EXPRESS_AT.slotStatus).read(2) & 1).toBe(1);
    slotRegister(board, EXPRESS_AT.slotControl).write(0x7c0, 2);
    await new Promise(setImmediate);
    expect(devices.byId("x")).toBeUndefined();
    expect(slotRegister(board, EXPRESS_AT.slotStatus).read(2) & 0x40).toBe(0);
  }));

test("a second device that comes would share function 0 of the first, wherever it asks to be", () =>
  withBoard(q35("-device", "pcie-root-port,id=rp,addr=4"), (board) => {
    const devices = board.machine.service(DEVICES);
    devices.create({ driver: "pvpanic-pci", id: "x", bus: "rp", properties: {} });
    expect(() => devices.create({ driver: "pvpanic-pci", id: "y", bus: "rp", properties: {} })).toThrow(
      "PCI: slot 0 function 0 already occupied by pvpanic-pci, new func pvpanic-pci cannot be exposed to guest.",
    );
  }));

const askedTwice = async (board: Board): Promise<unknown> => {
  const command = board.machine.service(COMMANDS).find("device_del");
  const source = { id: "test", onClose: () => ({ dispose: () => undefined }) };
  await command?.run({ id: "x" }, source);
  return command?.run({ id: "x" }, source);
};
const IN_PROCESS = "Device x is already in the process of unplug";

test("the guest has five seconds before it is asked again", () =>
  withBoard(native, async (board) => {
    board.machine.service(DEVICES).create({ driver: "pvpanic-pci", id: "x", bus: "rp", properties: {} });
    const clock = board.machine.service(CLOCK);
    clock.advance(1e9);
    // With its power off the slot would be emptied at once.
    slotRegister(board, EXPRESS_AT.slotControl).write(0x1c0, 2);
    await expect(askedTwice(board)).rejects.toThrow(IN_PROCESS);
    clock.advance(5e9);
    // The first of these two is heard.
    await expect(askedTwice(board)).rejects.toThrow(IN_PROCESS);
  }));

test("ACPI gives the guest no time", () =>
  withBoard(q35("-device", "pcie-root-port,id=rp,addr=4"), async (board) => {
    board.machine.service(DEVICES).create({ driver: "pvpanic-pci", id: "x", bus: "rp", properties: {} });
    board.machine.service(CLOCK).advance(1e6);
    await expect(askedTwice(board)).resolves.toBeUndefined();
  }));
