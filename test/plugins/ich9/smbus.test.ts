import { expect, test } from "vitest";
import { q35, withBoard, type Board } from "../pci/board.ts";

const BASE = 0x700;
const AT = { status: 0, control: 2, command: 3, address: 4, data0: 5, data1: 6, block: 7, auxiliary: 13 } as const;
const START = 0x41;
const MODULE = 0x52 << 1;
const DONE = 0x02;
const ERROR = 0x04;

function open(board: Board): void {
  const smbus = { slot: 31, number: 3 };
  board.config(smbus, 0x20).write(BASE | 1);
  board.config(smbus, 0x04).write(1, 2);
  board.config(smbus, 0x40).write(1, 1);
}

const put = (board: Board, at: number, value: number): void => board.out(BASE + at, value, 1);
const get = (board: Board, at: number): number => board.in(BASE + at, 1);

/** Runs a protocol with interrupts on, which is at once; returns the status, and clears it. */
function run(board: Board, protocol: number, address: number, command = 0): number {
  put(board, AT.address, address);
  put(board, AT.command, command);
  put(board, AT.control, START | (protocol << 2));
  const status = get(board, AT.status);
  put(board, AT.status, 0xff);
  return status;
}

test("bytes and words are written and read back; nobody answers elsewhere", () =>
  withBoard(q35(), (board) => {
    open(board);
    put(board, AT.data0, 0x34);
    put(board, AT.data1, 0x12);
    expect(run(board, 3, MODULE, 0x10)).toBe(DONE);
    expect([run(board, 2, MODULE | 1, 0x11), get(board, AT.data0)]).toEqual([DONE, 0x12]);
    expect([run(board, 3, MODULE | 1, 0x10), get(board, AT.data0), get(board, AT.data1)]).toEqual([DONE, 0x34, 0x12]);
    expect(run(board, 0, 0x20)).toBe(ERROR);
    board.machine.reset("host-qmp-system-reset");
    open(board);
    expect([run(board, 2, MODULE | 1, 0x11), get(board, AT.data0)]).toEqual([DONE, 0]);
  }));

test("without interrupts the controller is seen busy once", () =>
  withBoard(q35(), (board) => {
    open(board);
    put(board, AT.address, MODULE);
    put(board, AT.control, 0x40);
    expect([get(board, AT.status), get(board, AT.status)]).toEqual([1, DONE]);
  }));

test("a block goes through the buffer, its length before it", () =>
  withBoard(q35(), (board) => {
    open(board);
    put(board, AT.auxiliary, 2);
    put(board, AT.data0, 2);
    put(board, AT.block, 0xaa);
    put(board, AT.block, 0xbb);
    expect(run(board, 5, MODULE, 0x20)).toBe(DONE);
    expect(run(board, 5, MODULE | 1, 0x20)).toBe(DONE);
    expect([get(board, AT.data0), get(board, AT.block), get(board, AT.block)]).toEqual([2, 0xaa, 0xbb]);
  }));
