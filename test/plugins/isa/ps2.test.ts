import { expect, test } from "vitest";
import { SYSTEM_INTERRUPTS } from "backplane/plugins/apic/contract";
import { INPUT, type InputEvent } from "backplane/plugins/input/contract";
import { q35, withBoard, type Board } from "../pci/board.ts";

const key = (name: string, down: boolean): InputEvent => ({ kind: "key", key: name, down });

function drain(board: Board): number[] {
  const bytes: number[] = [];
  while ((board.in(0x64, 1) & 1) !== 0) bytes.push(board.in(0x60, 1));
  return bytes;
}

function toMouse(board: Board, ...bytes: number[]): number[] {
  for (const byte of bytes) {
    board.out(0x64, 0xd4, 1);
    board.out(0x60, byte, 1);
  }
  return drain(board);
}

test("keys come in the scan code set that is selected, translated as asked", () =>
  withBoard(q35(), (board) => {
    const input = board.machine.service(INPUT);
    input.send([key("a", true), key("a", false), key("up", true)]);
    expect(drain(board)).toEqual([0x1c, 0xf0, 0x1c, 0xe0, 0x75]);
    board.out(0x64, 0x60, 1);
    board.out(0x60, 0x41, 1);
    input.send([key("a", true), key("a", false), key("up", true), key("up", false)]);
    expect(drain(board)).toEqual([0x1e, 0x9e, 0xe0, 0x48, 0xe0, 0xc8]);
  }));

test("pause and print screen speak differently with others held down", () =>
  withBoard(q35(), (board) => {
    const input = board.machine.service(INPUT);
    input.send([key("pause", true), key("pause", false)]);
    expect(drain(board)).toEqual([0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77]);
    input.send([key("alt", true), key("print", true)]);
    expect(drain(board)).toEqual([0x11, 0xf0, 0x11, 0x11, 0x84]);
  }));

test("a reply goes before keys, and a new command takes its place", () =>
  withBoard(q35(), (board) => {
    board.machine.service(INPUT).send([key("b", true)]);
    board.out(0x60, 0xf2, 1);
    board.out(0x60, 0xee, 1);
    expect(drain(board)).toEqual([0xee, 0x32]);
  }));

test("a keyboard that does not scan says nothing", () =>
  withBoard(q35(), (board) => {
    board.out(0x60, 0xf5, 1);
    drain(board);
    board.machine.service(INPUT).send([key("b", true)]);
    expect(drain(board)).toEqual([]);
  }));

test("a mouse unlocks its wheel, and tells where it went", () =>
  withBoard(q35(), (board) => {
    expect(toMouse(board, 0xff)).toEqual([0xfa, 0xaa, 0x00]);
    for (const rate of [200, 100, 80]) toMouse(board, 0xf3, rate);
    expect(toMouse(board, 0xf2)).toEqual([0xfa, 3]);
    toMouse(board, 0xf4);
    board.machine.service(INPUT).send([
      { kind: "rel", axis: "x", value: 3 },
      { kind: "rel", axis: "y", value: 200 },
      { kind: "btn", button: "left", down: true },
      { kind: "btn", button: "wheel-down", down: true },
    ]);
    expect(drain(board)).toEqual([0x29, 3, 0x81, 1, 0x29, 0, 0xb7, 0]);
  }));

test("the mouse has interrupt 12, the keyboard 1", () =>
  withBoard(q35(), (board) => {
    const raised: number[] = [];
    board.machine.service(SYSTEM_INTERRUPTS).connect((line, level) => level && line > 0 && raised.push(line));
    board.machine.service(INPUT).send([key("b", true)]);
    drain(board);
    toMouse(board, 0xf2);
    expect([...new Set(raised)]).toEqual([1, 12]);
  }));
