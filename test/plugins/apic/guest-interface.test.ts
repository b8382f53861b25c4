import { expect, test } from "vitest";
import { q35, withBoard, type Board } from "../pci/board.ts";

const PORT = 0x7e;
const ROM = 0xc0000;
const around = (board: Board): string[] =>
  board.view(board.memory).filter((line) => line.startsWith("0000000000000000") || line.includes("c3000"));

test("the APIC's option ROM is writable once it has offered itself, whatever shadow RAM says", () =>
  withBoard(q35(), async (board) => {
    await board.boot();
    expect(around(board)).toEqual([
      "0000000000000000-00000000000c2fff pc.ram",
      "00000000000c3000-00000000000e3fff pc.ram @00000000000c3000",
    ]);
    expect(board.load(ROM, 4) & 0xffffff).toBe(0x12aa55);
    board.store(ROM + 0x10, 0x1234, 2);
    expect(board.load(ROM + 0x10, 2)).toBe(0x1234);
    board.store(0xc4000, 0x1234, 2);
    expect(board.load(0xc4000, 2)).toBe(0);
  }));

test("an offer that no instruction makes has no effect", () =>
  withBoard(q35(), (board) => {
    const before = board.view(board.memory);
    board.out(PORT, 0x10, 2);
    board.out(PORT, 1, 1);
    board.out(PORT, 0, 4);
    expect(board.view(board.memory)).toEqual(before);
    expect(board.in(PORT, 2)).toBe(0xffff);
  }));
