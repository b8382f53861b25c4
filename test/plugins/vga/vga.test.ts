// Registers and data path: IBM PS/2 Hardware Interface Technical Reference, "Video Subsystem". What every register
// answers is compared with the peer's in test/machines/registers-golden.test.ts.
import { DensePageBitmap, DEVICES, DIRTY_MEMORY, RAM_LIST } from "backplane";
import { describe, expect, test } from "vitest";
import { q35, withBoard, type Board } from "../pci/board.ts";

const WINDOW = 0xa0000;
const FRAME_BUFFER = 0xe000_0000;
const CONTROL = 0xf000_0000;
const machine = q35("-device", "VGA,addr=02.0");

function sequencer(board: Board, index: number, value: number): void {
  board.out(0x3c4, index | (value << 8), 2);
}

function graphics(board: Board, index: number, value: number): void {
  board.out(0x3ce, index | (value << 8), 2);
}

/** Sixteen colors, 64 KiB at 0xa0000. */
function planarMode(board: Board): void {
  sequencer(board, 4, 0x06);
  graphics(board, 6, 0x05);
  graphics(board, 8, 0xff);
}

function openBars(board: Board): void {
  board.config({ slot: 2 }, 0x10).write(FRAME_BUFFER);
  board.config({ slot: 2 }, 0x18).write(CONTROL);
  board.config({ slot: 2 }, 4).write(7);
}

describe("planes", () => {
  test("a byte goes to the planes that are chosen, side by side in video memory", () =>
    withBoard(machine, (board) => {
      openBars(board);
      planarMode(board);
      sequencer(board, 2, 0x05);
      board.store(WINDOW + 3, 0xa5, 1);
      expect(board.load(FRAME_BUFFER + 12)).toBe(0x00a500a5);
      graphics(board, 4, 2);
      expect(board.load(WINDOW + 3, 1)).toBe(0xa5);
      graphics(board, 4, 1);
      expect(board.load(WINDOW + 3, 1)).toBe(0);
    }));

  test("color compare finds the bits of one color", () =>
    withBoard(machine, (board) => {
      planarMode(board);
      sequencer(board, 2, 0x0f);
      graphics(board, 5, 2);
      graphics(board, 8, 0x3c);
      board.load(WINDOW, 1);
      board.store(WINDOW, 0x0b, 1);
      graphics(board, 5, 8);
      graphics(board, 2, 0x0b);
      graphics(board, 7, 0x0f);
      expect(board.load(WINDOW, 1)).toBe(0x3c);
    }));

  test("chain 4 shows video memory as it is", () =>
    withBoard(machine, (board) => {
      openBars(board);
      graphics(board, 6, 0x05);
      sequencer(board, 2, 0x0f);
      sequencer(board, 4, 0x0e);
      board.store(WINDOW + 5, 0x12345678);
      expect(board.load(FRAME_BUFFER + 5)).toBe(0x12345678);
      sequencer(board, 4, 0x06);
      expect(board.load(WINDOW + 5, 1)).not.toBe(0x78);
    }));
});

describe("the display interface", () => {
  const set = (board: Board, register: number, value: number): void => {
    board.out(0x1ce, register, 2);
    board.out(0x1d0, value, 2);
  };

  test("switching a mode on clears what it shows, unless told to keep it", () =>
    withBoard(machine, (board) => {
      openBars(board);
      const show = (enable: number): number => {
        board.store(FRAME_BUFFER + 640, 0xdeadbeef);
        set(board, 4, 0);
        set(board, 1, 640);
        set(board, 2, 480);
        set(board, 3, 32);
        set(board, 4, enable);
        return board.load(FRAME_BUFFER + 640);
      };
      expect(show(0x41)).toBe(0);
      expect(show(0xc1)).toBe(0xdeadbeef);
    }));

  test("a mode that does not fit the memory is made to fit", () =>
    withBoard(q35("-device", "VGA,addr=02.0,vgamem_mb=1"), (board) => {
      set(board, 1, 1024);
      set(board, 2, 768);
      set(board, 3, 32);
      set(board, 4, 1);
      board.out(0x1ce, 2, 2);
      expect(board.in(0x1d0, 2)).toBe(256);
    }));
});

test("the monitor describes itself, with sums that hold", () =>
  withBoard(machine, (board) => {
    openBars(board);
    const bytes = Array.from({ length: 256 }, (_, at) => board.load(CONTROL + at, 1));
    const sum = (from: number): number => bytes.slice(from, from + 128).reduce((total, byte) => total + byte, 0) & 0xff;
    expect([sum(0), sum(128)]).toEqual([0, 0]);
    expect(Buffer.from(bytes).toString("latin1")).toContain("QEMU Monitor\n");
  }));

test.each([
  { options: "xres=1024,yres=600", blocks: 1, timing: [0x00, 0x66, 0x41] },
  { options: "xres=5120,yres=2880", blocks: 2, timing: [0, 0xf7, 0] },
])("the preferred mode stands in the description: $options", ({ options, blocks, timing }) =>
  withBoard(q35("-device", `VGA,addr=02.0,${options}`), (board) => {
    openBars(board);
    expect(board.load(CONTROL + 126, 1)).toBe(blocks);
    expect([2, 3, 4].map((at) => board.load(CONTROL + 54 + at, 1))).toEqual(timing);
    const last = Array.from({ length: 128 }, (_, at) => board.load(CONTROL + 256 + at, 1));
    expect(last.reduce((total, byte) => total + byte, 0) & 0xff).toBe(0);
    expect(last[0]).toBe(blocks === 2 ? 0x70 : 0);
  }),
);

test("a secondary display comes and goes, and has no legacy places", () =>
  withBoard(q35("-device", "pcie-root-port,id=rp,addr=4"), async (board) => {
    const devices = board.machine.service(DEVICES);
    const before = board.machine.service(RAM_LIST).blocks().length;
    const instance = devices.create({ driver: "secondary-vga", id: "x", bus: "rp", properties: { xres: 800 } });
    expect(board.in(0x3cc, 1)).toBe(0xff);
    expect(board.machine.service(RAM_LIST).blocks().length).toBe(before + 1);
    await devices.remove(instance);
    expect(board.machine.service(RAM_LIST).blocks().length).toBe(before);
  }));

test("what is drawn through the window is dirty", () =>
  withBoard(machine, async (board) => {
    planarMode(board);
    sequencer(board, 2, 0x0f);
    const dirty = board.machine.service(DIRTY_MEMORY);
    const block = board.machine.service(RAM_LIST).byIdstr("0000:00:02.0/vga.vram");
    if (block === undefined) throw new Error("no video memory");
    const log = dirty.log("vga");
    board.store(WINDOW + 0x4000, 1, 1);
    expect(dirty.sync("vga", block, new DensePageBitmap(4096))).toBe(1);
    await log.dispose();
  }));

test.each([{ options: "VGA,romfile=nowhere.bin", message: 'failed to find romfile "nowhere.bin"' }])(
  "refused: $options",
  ({ options, message }) => expect(withBoard(q35("-device", options), () => undefined)).rejects.toThrow(message),
);

test("without a ROM there is no ROM register", () =>
  withBoard(q35("-device", "VGA,addr=02.0,romfile="), (board) => {
    board.config({ slot: 2 }, 0x30).write(0xffffffff);
    expect(board.config({ slot: 2 }, 0x30).read()).toBe(0);
  }));
