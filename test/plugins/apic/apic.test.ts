import { expect, test } from "vitest";
import { SYSTEM_INTERRUPTS } from "backplane/plugins/apic/contract";
import { q35, withBoard, type Board } from "../pci/board.ts";

const IO_APIC = 0xfec0_0000;
const LOCAL = 0xfee0_0000;

const register = (board: Board, index: number): number => {
  board.store(IO_APIC, index);
  return board.load(IO_APIC + 0x10);
};
const setRegister = (board: Board, index: number, value: number): void => {
  board.store(IO_APIC, index);
  board.store(IO_APIC + 0x10, value);
};
const requested = (board: Board, vector: number): boolean =>
  (board.load(LOCAL + 0x200 + (vector >> 5) * 0x10) & (1 << (vector & 31))) !== 0;

test("the I/O APIC is version 0x20 with 24 masked inputs", () =>
  withBoard(q35(), (board) => {
    expect(register(board, 1)).toBe(0x0017_0020);
    for (let pin = 0; pin < 24; pin++) expect(register(board, 0x10 + 2 * pin)).toBe(0x1_0000);
  }));

test("an edge goes to the local APIC, once it is enabled", () =>
  withBoard(q35(), (board) => {
    const line = board.machine.service(SYSTEM_INTERRUPTS).line(4);
    setRegister(board, 0x18, 0x44);
    line.set(true);
    expect(requested(board, 0x44)).toBe(false);
    line.set(false);
    board.store(LOCAL + 0xf0, 0x1ff);
    line.set(true);
    expect(requested(board, 0x44)).toBe(true);
  }));

test("a level waits for the end of the interrupt before it comes again", () =>
  withBoard(q35(), (board) => {
    board.store(LOCAL + 0xf0, 0x1ff);
    setRegister(board, 0x10 + 2 * 20, 0x8055);
    board.machine.service(SYSTEM_INTERRUPTS).line(20).set(true);
    expect(register(board, 0x10 + 2 * 20) & 0x4000).toBe(0x4000);
    board.store(IO_APIC + 0x40, 0x55);
    expect(register(board, 0x10 + 2 * 20) & 0x4000).toBe(0x4000);
    board.machine.service(SYSTEM_INTERRUPTS).line(20).set(false);
    board.store(IO_APIC + 0x40, 0x55);
    expect(register(board, 0x10 + 2 * 20) & 0x4000).toBe(0);
  }));

test("the timer's interrupt arrives at input 2", () =>
  withBoard(q35(), (board) => {
    board.store(LOCAL + 0xf0, 0x1ff);
    setRegister(board, 0x14, 0x30);
    board.machine.service(SYSTEM_INTERRUPTS).line(0).set(true);
    expect(requested(board, 0x30)).toBe(true);
  }));

test("the local APIC is as a processor leaves it at reset", () =>
  withBoard(q35(), (board) => {
    expect([0x20, 0x30, 0xe0, 0xf0, 0x350].map((at) => board.load(LOCAL + at))).toEqual([
      0, 0x5_0014, 0xffff_ffff, 0xff, 0x1_0000,
    ]);
  }));
