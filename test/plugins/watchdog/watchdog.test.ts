// What a machine does when a watchdog runs out. Their registers are compared with the peer's in
// test/machines/registers-golden.test.ts.
import { expect, test } from "vitest";
import { CLOCK, EVENTS, RUN_STATES } from "backplane";
import { WATCHDOG } from "backplane/plugins/watchdog/contract";
import { q35, withBoard, type Board } from "../pci/board.ts";

const SECOND = 1e9;
const TIMER = 0xf000_0000;
const STOP = 0x441;
const START = 0x443;

const events = (board: Board): unknown[] => {
  const seen: unknown[] = [];
  board.machine.service(EVENTS).listen(({ name, data }) => seen.push(data === undefined ? name : [name, data]));
  return seen;
};

const seconds = (board: Board, count: number): void => board.machine.service(CLOCK).advance(count * SECOND);
const expired = (action: string): unknown => ["WATCHDOG", { action }];

test("ib700 runs out after the time that was written, unless it is written again or stopped", () =>
  withBoard(q35("-device", "ib700", "-action", "watchdog=none"), (board) => {
    const seen = events(board);
    board.out(START, 14, 1);
    seconds(board, 1);
    board.out(START, 14, 1);
    seconds(board, 1);
    board.out(STOP, 0, 1);
    seconds(board, 60);
    expect(seen).toEqual([]);
    board.out(START, 13, 1);
    seconds(board, 3);
    expect(seen).toEqual([]);
    seconds(board, 1);
    expect(seen).toEqual([expired("none")]);
    expect(board.in(START, 2)).toBe(0xffff);
  }));

test("a word that reaches into the next register is one byte", () =>
  withBoard(q35("-device", "ib700", "-action", "watchdog=none"), (board) => {
    const seen = events(board);
    board.out(START - 1, 0x0f00, 2);
    seconds(board, 31);
    expect(seen).toEqual([]);
  }));

test("watchdog=pause halts the machine", () =>
  withBoard(q35("-device", "ib700", "-action", "watchdog=pause"), (board) => {
    const seen = events(board);
    board.machine.cont();
    board.out(START, 15, 1);
    seconds(board, 1);
    expect(seen).toContainEqual(expired("pause"));
    expect(board.machine.service(RUN_STATES).current).toBe("watchdog");
  }));

test("watchdog=inject-nmi tells who listens", () =>
  withBoard(q35("-device", "ib700", "-action", "watchdog=inject-nmi"), (board) => {
    let interrupts = 0;
    board.machine.service(WATCHDOG).onNmi(() => interrupts++);
    board.out(START, 15, 1);
    seconds(board, 1);
    expect(interrupts).toBe(1);
  }));

function unlock(board: Board): void {
  board.store(TIMER + 0xc, 0x80, 1);
  board.store(TIMER + 0xc, 0x86, 1);
}

function openTimer(board: Board): void {
  board.config({ slot: 2 }, 0x10).write(TIMER);
  board.config({ slot: 2 }, 0x04).write(2, 2);
  // Both counts half a second and a little: 0x200 steps of 2^15 clocks of 30 ns.
  for (const at of [0, 4]) {
    unlock(board);
    board.store(TIMER + at, 0x200);
  }
}

test("i6300esb runs out the second time, and remembers it", () =>
  withBoard(q35("-device", "i6300esb,addr=2", "-action", "watchdog=none"), (board) => {
    const seen = events(board);
    openTimer(board);
    board.config({ slot: 2 }, 0x68).write(2, 1);
    seconds(board, 0.9);
    unlock(board);
    board.store(TIMER + 0xc, 0x100, 2);
    seconds(board, 0.9);
    expect(seen).toEqual([]);
    seconds(board, 0.2);
    expect(seen).toEqual([expired("none")]);
    expect(board.load(TIMER + 0xc, 2)).toBe(0x1200);
    unlock(board);
    board.store(TIMER + 0xc, 0x200, 2);
    expect(board.load(TIMER + 0xc, 2)).toBe(0);
  }));

test("i6300esb that may not reboot goes round, and locked it cannot be stopped", () =>
  withBoard(q35("-device", "i6300esb,addr=2", "-action", "watchdog=none"), (board) => {
    const seen = events(board);
    openTimer(board);
    board.config({ slot: 2 }, 0x60).write(0x20, 2);
    const lock = board.config({ slot: 2 }, 0x68);
    lock.write(7, 1);
    lock.write(0, 1);
    seconds(board, 10);
    expect([lock.read(1), seen]).toEqual([7, []]);
    expect(board.load(TIMER + 0xc, 2)).toBe(0);
  }));
