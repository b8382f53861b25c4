// What device_del of a memory module leads to; registers and notifications are the peer's.
import { COMMANDS, DEVICES, EVENTS, guestAddress, RAM_BLOCK_NOTIFIERS, SYSTEM_MEMORY, USER_OBJECTS } from "backplane";
import { GPE, ICH9 } from "backplane/plugins/ich9/contract";
import { MEMORY_DEVICES } from "backplane/plugins/pc-dimm/contract";
import { expect, test } from "vitest";
import { q35, withBoard, type Board } from "../pci/board.ts";
import { device, ram, withPlatform } from "../pc-memory/platform.ts";

const machine = q35(
  ..."-m 128M,slots=2,maxmem=1G -object memory-backend-ram,id=a,size=128M -device pc-dimm,id=d0,memdev=a".split(" "),
);
const SELECTOR = 0xa00;
const FLAGS = 0xa14;
const AT = guestAddress(0x1_0000_0000);

function enablePm(board: Board): void {
  board.config({ slot: 31 }, 0x40).write(0x601);
  board.config({ slot: 31 }, 0x44).write(0x80, 1);
}

const ask = async (board: Board, id: string): Promise<unknown> =>
  board.machine
    .service(COMMANDS)
    .find("device_del")
    ?.run({ id }, { id: "test", onClose: () => ({ dispose() {} }) });

test("the guest is asked, as often as the user likes, and takes note of it", () =>
  withBoard(machine, async (board) => {
    enablePm(board);
    const { gpe0 } = board.machine.service(ICH9);
    expect(board.in(FLAGS)).toBe(1);
    await ask(board, "d0");
    await ask(board, "/machine/peripheral/d0");
    expect(board.in(gpe0.base, 1)).toBe(1 << GPE.memoryHotplug);
    expect(board.in(FLAGS)).toBe(5);
    board.out(FLAGS, 4);
    expect(board.in(FLAGS)).toBe(1);
    expect(board.machine.service(MEMORY_DEVICES).all()).toHaveLength(1);
  }));

test("the guest ejects it: name, migration and memory go, the backend stays until it is deleted", () =>
  withBoard(machine, async (board) => {
    const heard: unknown[] = [];
    board.machine.service(EVENTS).listen(({ name, data }) => heard.push([name, data]));
    const notifier = board.machine.service(RAM_BLOCK_NOTIFIERS).add({
      name: "test",
      ramBlockIdstrChanged: (_block, { from, to }) => void heard.push(`${from}>${to}`),
      ramBlockMigratableChanged: ({ migratable }) => void heard.push(`migratable ${String(migratable)}`),
      ramBlockRemoved: ({ idstr, usedLength }) => void heard.push(`removed ${idstr}${usedLength}`),
    });
    board.machine.service(SYSTEM_MEMORY).store(AT, 0x55, 1);
    await ask(board, "d0");
    board.out(SELECTOR + 4, 3);
    board.out(SELECTOR + 8, 0x84);
    board.out(FLAGS, 8);
    const info = { device: "d0", source: 3, status: 0x84, slot: "0", "slot-type": "DIMM" };
    expect(heard.splice(0)).toEqual([
      ["ACPI_DEVICE_OST", { info }],
      "a>",
      "migratable false",
      ["DEVICE_DELETED", { device: "d0", path: "/machine/peripheral/d0" }],
    ]);
    expect(board.machine.service(MEMORY_DEVICES).all()).toEqual([]);
    expect(board.machine.service(SYSTEM_MEMORY).load(AT, 1)).not.toBe(0x55);
    // The request that the guest has not taken back stays with the slot.
    expect([0, 4, 8, 12, 16, 20].map((at) => board.in(SELECTOR + at))).toEqual([0, 0, 0, 0, 0, 4]);
    await board.machine.service(USER_OBJECTS).remove("a");
    expect(heard).toEqual([`removed ${128 * 1024 * 1024}`]);
    void notifier.dispose();
  }));

test("one that came later goes likewise, and its slot and backend are free again", () =>
  withBoard(machine, async (board) => {
    const devices = board.machine.service(DEVICES);
    board.machine.service(USER_OBJECTS).create({ type: "memory-backend-ram", id: "b", properties: { size: "128M" } });
    const plug = (): void => void devices.create({ driver: "pc-dimm", id: "d1", properties: { memdev: "b" } });
    plug();
    board.out(SELECTOR, 1);
    expect(board.in(FLAGS)).toBe(3);
    await ask(board, "d1");
    for (const flag of [2, 4, 8]) board.out(FLAGS, flag);
    expect(board.in(FLAGS)).toBe(0);
    // What is taken out of the object tree is released after this.
    await new Promise(setImmediate);
    // An empty slot has nothing to eject.
    board.out(FLAGS, 8);
    plug();
    expect(board.in(FLAGS)).toBe(3);
    expect(
      board.machine
        .service(MEMORY_DEVICES)
        .all()
        .map(({ id, slot }) => [id, slot]),
    ).toEqual([
      ["d0", 0],
      ["d1", 1],
    ]);
  }));

test("where nobody tells the guest, it stays", () =>
  withPlatform(
    {
      memory: { slots: 1, maxSize: 2 ** 30 },
      objects: [ram("r0", "128M")],
      devices: [device("pc-dimm", { memdev: "r0" }, "d0")],
    },
    (board) => {
      expect(() => board.service(DEVICES).byId("d0")?.device.unplug?.()).toThrow("memory hotplug is not enabled");
    },
  ));
