import { expect, test } from "vitest";
import { EVENTS, POWER, RUN_STATES } from "backplane";
import { CMOS } from "backplane/plugins/isa/contract";
import { ICH9 } from "backplane/plugins/ich9/contract";
import { q35, withBoard, type Board } from "../pci/board.ts";

const PM = 0x600;
const SLEEP = { toRam: 0x2400, toDisk: 0x2800, soft: 0x2000 } as const;

function enablePm(board: Board): void {
  board.config({ slot: 31 }, 0x40).write(0x601);
  board.config({ slot: 31 }, 0x44).write(0x80, 1);
}

function watch(board: Board): string[] {
  const names: string[] = [];
  board.machine.service(EVENTS).listen(({ name }) => names.push(name));
  enablePm(board);
  return names;
}

const stateOf = (board: Board) => board.machine.service(RUN_STATES).current;

test("a guest that suspends itself sleeps until somebody wakes it", () =>
  withBoard(q35(), (board) => {
    board.machine.cont();
    const events = watch(board);
    board.out(PM + 4, SLEEP.toRam, 2);
    expect([stateOf(board), board.machine.service(CMOS).get(0x0f)]).toEqual(["suspended", 0xfe]);
    const power = board.machine.service(POWER);
    power.wakeUp();
    expect([stateOf(board), events]).toEqual(["running", ["SUSPEND", "WAKEUP"]]);
    expect(() => power.wakeUp()).toThrow("Unable to wake up: guest is not in suspended state");
    // Waking is a reset, after which the status says what it was.
    expect(board.machine.service(ICH9).pmBase).toBe(0);
    enablePm(board);
    expect(board.in(PM, 2) & 0x8100).toBe(0x8100);
  }));

test("only what the guest has let wakes it", () =>
  withBoard(q35(), (board) => {
    board.machine.cont();
    watch(board);
    const power = board.machine.service(POWER);
    board.out(PM + 4, SLEEP.toRam, 2);
    power.wake("rtc");
    expect(stateOf(board)).toBe("suspended");
    board.out(PM + 2, 0x400, 2);
    power.wake("rtc");
    expect(stateOf(board)).toBe("running");
    enablePm(board);
    expect(board.in(PM, 2) & 0x8400).toBe(0x8400);
  }));

test("a machine that was stopped while it slept goes on sleeping", () =>
  withBoard(q35(), (board) => {
    board.machine.cont();
    watch(board);
    board.out(PM + 4, SLEEP.toRam, 2);
    board.machine.stop();
    expect(stateOf(board)).toBe("paused");
    board.machine.cont();
    expect(stateOf(board)).toBe("suspended");
  }));

test.each([
  [SLEEP.toDisk, ["SUSPEND_DISK", "SHUTDOWN"]],
  [SLEEP.soft, ["SHUTDOWN"]],
])("sleep control %s switches the machine off", (control, expected) =>
  withBoard(q35(), async (board) => {
    board.machine.cont();
    const events = watch(board);
    board.out(PM + 4, control, 2);
    expect([await board.machine.finished, events]).toEqual(["guest-shutdown", expected]);
  }),
);

test("a system that has not enabled the power button does not hear of it", () =>
  withBoard(q35(), (board) => {
    watch(board);
    board.machine.powerdown();
    expect(board.in(PM, 2) & 0x100).toBe(0);
    board.out(PM + 2, 0x100, 2);
    board.machine.powerdown();
    expect(board.in(PM, 2) & 0x100).toBe(0x100);
  }));
