// Registers: IEEE 1284-1994 §7.3 (compatibility mode).
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { levelOf } from "../apic/level-of.ts";
import { q35, withBoard, type Board } from "../pci/board.ts";

const folder = mkdtempSync(path.join(tmpdir(), "parallel-"));
afterAll(() => rmSync(folder, { recursive: true }));

const BASE = 0x378;
const DATA = BASE;
const STATUS = BASE + 1;
const CONTROL = BASE + 2;
const SELECTED = 0x0c;
const STROBE = 0x01;

function print(board: Board, byte: number, interrupt = 0): void {
  board.out(DATA, byte, 1);
  board.out(CONTROL, SELECTED | STROBE | interrupt, 1);
  board.out(CONTROL, SELECTED | interrupt, 1);
}

test("after a reset the printer is ready", () =>
  withBoard(q35("-chardev", "null,id=c", "-device", "isa-parallel,chardev=c"), (board) => {
    expect([board.in(DATA, 1), board.in(STATUS, 1), board.in(CONTROL, 1)]).toEqual([0xff, 0xd9, 0xcc]);
    expect(board.in(BASE + 3, 1)).toBe(0xff);
  }));

test("each strobe prints a byte, and the printer is busy until it has acknowledged", async () => {
  const file = path.join(folder, "out");
  await withBoard(q35("-chardev", `file,id=c,path=${file}`, "-device", "isa-parallel,chardev=c"), (board) => {
    for (const byte of Buffer.from("page\f")) {
      print(board, byte);
      const seen = [board.in(STATUS, 1), board.in(STATUS, 1), board.in(STATUS, 1)].map((status) => status & 0xc0);
      expect(seen).toEqual([0x40, 0x00, 0xc0]);
    }
  });
  expect(readFileSync(file, "utf8")).toBe("page\f");
});

test("with interrupts on, the end of a strobe asks for interrupt 7 until the status is read", () =>
  withBoard(q35("-chardev", "null,id=c", "-device", "isa-parallel,chardev=c"), (board) => {
    const level = levelOf(board, 7);
    print(board, 0x41, 0x10);
    expect(level()).toBe(true);
    board.in(STATUS, 1);
    expect(level()).toBe(false);
  }));

test.each([
  { options: ["-device", "isa-parallel"], message: "Can't create parallel device, empty char device" },
  {
    options: ["-chardev", "null,id=c", "-device", "isa-parallel,chardev=c,index=3"],
    message: "Max. supported number of parallel ports is 3.",
  },
  {
    options: ["-device", "isa-parallel,chardev=c"],
    message: "Property 'isa-parallel.chardev' can't find value 'c'",
  },
])("refused: $message", ({ options, message }) =>
  expect(withBoard(q35(...options), () => undefined)).rejects.toThrow(message),
);
