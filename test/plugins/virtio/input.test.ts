import fc from "fast-check";
import { expect, test } from "vitest";
import { COMMANDS, type JsonObject, type JsonValue } from "backplane";
import { q35, withBoard, type Board } from "../pci/board.ts";
import { InputDriver } from "./input-driver.ts";

const run = async (board: Board, name: string, args: JsonObject): Promise<JsonValue | void> =>
  board.machine
    .service(COMMANDS)
    .find(name)
    ?.run(args, { id: "t", onClose: () => ({ dispose: () => undefined }) });

const withDriver = <T>(model: string, use: (driver: InputDriver, board: Board) => T | Promise<T>) =>
  withBoard(q35("-device", `virtio-${model}-pci,id=dev,addr=1`), (board) => use(new InputDriver(board), board));

const key = (qcode: string, down: boolean): JsonObject => ({
  type: "key",
  data: { key: { type: "qcode", data: qcode }, down },
});

test("offers what a modern driver may use", () =>
  withDriver("mouse", (driver) => {
    // Indirect descriptors and event indices; version 1 and reset of single queues.
    expect(driver.offered()).toEqual([0x3000_0000, 0x101]);
    expect(driver.common(0x12, 2)).toBe(2);
    expect(driver.common(0x18, 2)).toBe(64);
  }));

test.each([
  ["keyboard", "QEMU Virtio Keyboard"],
  ["mouse", "QEMU Virtio Mouse"],
  ["tablet", "QEMU Virtio Tablet"],
])("a %s tells its name when it is asked", (model, name) =>
  withDriver(model, (driver) => {
    driver.device(0, 1, 1);
    const length = driver.device(2, 1);
    const bytes = Array.from({ length: length - 1 }, (_, index) => driver.device(8 + index, 1));
    expect(String.fromCharCode(...bytes)).toBe(name);
    driver.device(0, 1, 0x7f);
    expect(driver.device(2, 1)).toBe(0);
  }),
);

test("keys become events, and reports that do not fit are lost whole", () =>
  withDriver("keyboard", async (driver, board) => {
    driver.start(5);
    board.machine.cont();
    await run(board, "input-send-event", { events: [key("a", true), key("a", false)] });
    expect(driver.events()).toEqual([
      [1, 30, 1],
      [1, 30, 0],
      [0, 0, 0],
    ]);
    // Two buffers are left, and the report needs three.
    await run(board, "input-send-event", { events: [key("b", true), key("b", false)] });
    expect(driver.events()).toEqual([]);
    await run(board, "input-send-event", { events: [key("c", true)] });
    expect(driver.events()).toEqual([
      [1, 46, 1],
      [0, 0, 0],
    ]);
    expect(driver.common(0x1000, 1)).toBe(1);
    expect(driver.common(0x1000, 1)).toBe(0);
  }));

test("a mouse moves, clicks and turns its wheel", () =>
  withDriver("mouse", async (driver, board) => {
    driver.start(10);
    board.machine.cont();
    await run(board, "input-send-event", {
      events: [
        { type: "rel", data: { axis: "x", value: -5 } },
        { type: "btn", data: { button: "left", down: true } },
        { type: "btn", data: { button: "wheel-up", down: true } },
      ],
    });
    expect(driver.events()).toEqual([
      [2, 0, -5],
      [1, 0x110, 1],
      [2, 8, 1],
      [0, 0, 0],
    ]);
    await expect(
      run(board, "input-send-event", { events: [{ type: "abs", data: { axis: "x", value: 1 } }] }),
    ).rejects.toThrow("Input handler not found for event type abs");
  }));

test("a driver that breaks the rules has to reset the device", () =>
  withDriver("keyboard", async (driver, board) => {
    board.machine.cont();
    for (const breakRule of [
      () => driver.descriptor(0, 0x20_0000, 8, 3, 64),
      () => driver.descriptor(0, 0x20_0000, 8, 3, 0),
      () => driver.descriptor(0, 0x20_0000, 24, 4, 0),
      () => driver.available(70, 0),
      () => driver.available(0, 64),
    ]) {
      driver.start(0);
      driver.available(0, 0);
      breakRule();
      await run(board, "input-send-event", { events: [key("a", true)] });
      expect(driver.common(0x14, 1) & 0x40).toBe(0x40);
      driver.common(0x14, 1, 0);
      expect(driver.common(0x14, 1)).toBe(0);
    }
  }));

test("no write to the structures throws, whatever it is", () =>
  withDriver("tablet", async (driver, board) => {
    const write = fc.record({
      place: fc.integer({ min: 0, max: 0x3f }),
      structure: fc.constantFrom(0, 0x1000, 0x2000, 0x3000),
      value: fc.oneof(fc.nat({ max: 64 }), fc.nat({ max: 0xffff_ffff })),
      size: fc.constantFrom(1, 2, 4),
    });
    board.machine.cont();
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 80 }), async (writes) => {
        for (const { place, structure, value, size } of writes) {
          driver.common(structure + (place & ~(size - 1)), size, value);
        }
        await run(board, "input-send-event", { events: [{ type: "abs", data: { axis: "x", value: 1 } }] });
      }),
      { numRuns: 40 },
    );
    driver.start(2);
    await run(board, "input-send-event", { events: [{ type: "abs", data: { axis: "y", value: 0x7fff } }] });
    expect(driver.common(0x14, 1)).toBe(0xf);
  }));

test("configuration space leads to the structures", () =>
  withDriver("mouse", (driver, board) => {
    const at = 0x84;
    board.config({ slot: 1 }, at + 8).write(0x18);
    board.config({ slot: 1 }, at + 12).write(2);
    expect(board.config({ slot: 1 }, at + 16).read(2)).toBe(64);
    board.config({ slot: 1 }, at + 8).write(0x16);
    board.config({ slot: 1 }, at + 16).write(1);
    expect(driver.common(0x16, 2)).toBe(1);
  }));

test("a device goes when the guest lets it, or at the next reset", () =>
  withBoard(q35("-device", "pcie-root-port,id=port", "-device", "virtio-mouse-pci,bus=port,id=dev"), async (board) => {
    await run(board, "device_del", { id: "dev" });
    board.machine.reset("host-qmp-system-reset");
    await new Promise((resolve) => setImmediate(resolve));
    await expect(run(board, "device_del", { id: "dev" })).rejects.toThrow("Device 'dev' not found");
  }));
