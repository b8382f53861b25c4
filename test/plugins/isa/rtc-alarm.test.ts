// Dates and alarms, against a clock that is simply stepped.
import fc from "fast-check";
import { expect, test } from "vitest";
import { CLOCK } from "backplane";
import { SYSTEM_INTERRUPTS } from "backplane/plugins/apic/contract";
import { secondsToAlarm } from "../../../plugins/isa/rtc-alarm.ts";
import { q35, withBoard, type Board } from "../pci/board.ts";

const clockOf = (...base: string[]) => q35("-rtc", ["clock=vm", ...base].join(","));
const REG = { secondsAlarm: 1, minutesAlarm: 3, hoursAlarm: 5, a: 10, b: 11, c: 12 } as const;
const ANY = 0xc0;

function read(board: Board, index: number): number {
  board.out(0x70, index, 1);
  return board.in(0x71, 1);
}

function write(board: Board, index: number, value: number): void {
  board.out(0x70, index, 1);
  board.out(0x71, value, 1);
}

test("an alarm interrupts when its time has come, and once", () =>
  withBoard(clockOf("base=2024-02-28T23:59:58"), (board) => {
    const levels: boolean[] = [];
    board.machine.service(SYSTEM_INTERRUPTS).connect((line, level) => line === 8 && levels.push(level));
    for (const alarm of [REG.hoursAlarm, REG.minutesAlarm, REG.secondsAlarm]) write(board, alarm, 0);
    read(board, REG.c);
    levels.length = 0;
    write(board, REG.b, 0x22);
    const clock = board.machine.service(CLOCK);
    clock.advance(1_900_000_000);
    expect(levels).not.toContain(true);
    clock.advance(200_000_000);
    expect(levels.at(-1)).toBe(true);
    expect(read(board, REG.c) & 0xa0).toBe(0xa0);
    expect([levels.at(-1), read(board, REG.c)]).toEqual([false, 0]);
    expect([0x07, 0x08].map((index) => read(board, index))).toEqual([0x29, 0x02]);
  }));

test("periodic interrupts come at the selected rate", () =>
  withBoard(clockOf(), (board) => {
    const clock = board.machine.service(CLOCK);
    write(board, REG.a, 0x2f);
    write(board, REG.b, 0x42);
    const seen = Array.from({ length: 4 }, () => {
      clock.advance(500_000_001);
      return read(board, REG.c) & 0x40;
    });
    expect(seen).toEqual([0x40, 0x40, 0x40, 0x40]);
  }));

/** What the next second is that the alarm names: by looking at each. */
function naive(alarm: readonly number[], start: number): number {
  for (let wait = 1; wait < 86_400; wait++) {
    const at = (start + wait) % 86_400;
    const now = [Math.floor(at / 3600), Math.floor(at / 60) % 60, at % 60];
    if (alarm.every((field, index) => field >= ANY || field === now[index])) return wait;
  }
  return 86_400;
}

test("an alarm is as far away as a look at each second says", () => {
  const field = (limit: number) => fc.oneof(fc.constant(ANY), fc.nat(limit - 1));
  const given = (value: number) => (value === ANY ? undefined : value);
  fc.assert(
    fc.property(field(24), field(60), field(60), fc.nat(86_399), (hour, minute, second, start) => {
      // For this very second the peer waits a day.
      fc.pre(second !== start % 60);
      const now = { hour: Math.floor(start / 3600), minute: Math.floor(start / 60) % 60, second: start % 60 };
      const alarm = { hour: given(hour), minute: given(minute), second: given(second) };
      expect(secondsToAlarm(alarm, now)).toBe(naive([hour, minute, second], start));
    }),
    { numRuns: 60 },
  );
});
