import { describe, expect, test } from "vitest";
import { CLOCK, EVENTS, MACHINE_CONTROL } from "backplane";
import { SYSTEM_INTERRUPTS } from "backplane/plugins/apic/contract";
import { CMOS, ISA } from "backplane/plugins/isa/contract";
import { loadChipsetGolden } from "../../peer/chipset-golden.ts";
import { q35, withBoard, type Board } from "../pci/board.ts";

const cmos = (board: Board, index: number): number => {
  board.out(0x70, index, 1);
  return board.in(0x71, 1);
};

describe("clock memory", () => {
  test.each(loadChipsetGolden().cmos)("describes $options as on the peer", ({ options, bytes }) =>
    withBoard(["-machine", "q35", "-nodefaults", ...options.split(" ")], (board) => {
      const ours = Array.from({ length: 0x76 }, (_, index) => {
        const at = index + 0x0a;
        return at === 0x32 || at === 0x37 ? "--" : cmos(board, at).toString(16).padStart(2, "0");
      });
      expect(ours.join(" ")).toBe(bytes);
    }),
  );

  test("the order of the first boot gives way to the other at the first reset", () =>
    withBoard(q35("-boot", "order=dc,once=n"), (board) => {
      const order = (): number[] => [cmos(board, 0x3d), cmos(board, 0x38)];
      expect(order()).toEqual([0x04, 0x00]);
      board.machine.service(MACHINE_CONTROL).reset("host-qmp-system-reset");
      expect(order()).toEqual([0x23, 0x00]);
    }));

  test("the clock starts at a given time and follows virtual time", () =>
    withBoard(q35("-rtc", "base=2025-01-01,clock=vm"), (board) => {
      const time = (): number[] => [0x32, 0x09, 0x08, 0x07, 0x04, 0x02, 0x00].map((at) => cmos(board, at));
      expect(time()).toEqual([0x20, 0x25, 0x01, 0x01, 0x00, 0x00, 0x00]);
      board.machine.service(CLOCK).advance((86_400 + 3661) * 1e9);
      expect(time()).toEqual([0x20, 0x25, 0x01, 0x02, 0x01, 0x01, 0x01]);
    }));

  test("is set and read by software, in either coding", () =>
    withBoard(q35(), (board) => {
      board.out(0x70, 0x04, 1);
      board.out(0x71, 0x13, 1);
      expect(cmos(board, 0x04)).toBe(0x13);
      board.out(0x70, 0x0b, 1);
      board.out(0x71, 0x04, 1);
      expect(cmos(board, 0x04)).toBe(0x81);
      board.out(0x70, 0x40, 1);
      board.out(0x71, 0xab, 1);
      expect(board.machine.service(CMOS).get(0x40)).toBe(0xab);
    }));
});

describe("interrupt controllers", () => {
  /** As firmware sets them up: vectors 0x08 and 0x70, everything open. */
  function initialize(board: Board): void {
    for (const [base, vector, cascade] of [
      [0x20, 0x08, 0x04],
      [0xa0, 0x70, 0x02],
    ] as const) {
      board.out(base, 0x11, 1);
      board.out(base + 1, vector, 1);
      board.out(base + 1, cascade, 1);
      board.out(base + 1, 0x01, 1);
      board.out(base + 1, 0x00, 1);
    }
  }
  /** Polling takes the most urgent request, as a processor's acknowledge does. */
  const poll = (board: Board, base: number): number => {
    board.out(base, 0x0c, 1);
    return board.in(base, 1);
  };

  test("serve the most urgent request, and the second controller through input 2", () =>
    withBoard(q35(), (board) => {
      initialize(board);
      const lines = board.machine.service(SYSTEM_INTERRUPTS);
      lines.line(12).set(true);
      lines.line(4).set(true);
      expect(poll(board, 0x20)).toBe(0x82);
      expect(poll(board, 0xa0)).toBe(0x84);
      board.out(0x20, 0x20, 1);
      expect(poll(board, 0x20)).toBe(0x84);
      expect(poll(board, 0x20)).toBe(0);
    }));

  test("hold masked requests back", () =>
    withBoard(q35(), (board) => {
      initialize(board);
      board.out(0x21, 0x10, 1);
      board.machine.service(SYSTEM_INTERRUPTS).line(4).set(true);
      expect(poll(board, 0x20)).toBe(0);
      board.out(0x21, 0x00, 1);
      expect(poll(board, 0x20)).toBe(0x84);
    }));

  test("follow levels where the edge/level register says so", () =>
    withBoard(q35(), (board) => {
      board.out(0x4d1, 0xff, 1);
      expect(board.in(0x4d1, 1)).toBe(0xde);
      initialize(board);
      const line = board.machine.service(SYSTEM_INTERRUPTS).line(10);
      line.set(true);
      line.set(false);
      expect(poll(board, 0xa0)).toBe(0);
    }));
});

describe("interval timer", () => {
  test("counts down in virtual time and latches", () =>
    withBoard(q35(), (board) => {
      board.out(0x43, 0x34, 1);
      board.out(0x40, 0xa9, 1);
      board.out(0x40, 0x04, 1);
      board.machine.service(CLOCK).advance(500_000);
      board.out(0x43, 0x00, 1);
      board.machine.service(CLOCK).advance(300_000);
      const latched = board.in(0x40, 1) | (board.in(0x40, 1) << 8);
      expect(latched).toBe(1193 - 596);
      const running = board.in(0x40, 1) | (board.in(0x40, 1) << 8);
      expect(running).toBe(1193 - 954);
    }));
});

describe("keyboard controller", () => {
  test("answers its self-test and the keyboard's reset", () =>
    withBoard(q35(), (board) => {
      expect(board.in(0x64, 1)).toBe(0x18);
      board.out(0x64, 0xaa, 1);
      expect([board.in(0x64, 1), board.in(0x60, 1), board.in(0x64, 1)]).toEqual([0x1d, 0x55, 0x1c]);
      board.out(0x60, 0xff, 1);
      expect([board.in(0x60, 1), board.in(0x60, 1)]).toEqual([0xfa, 0xaa]);
    }));

  test("resets the machine", () =>
    withBoard(q35(), (board) => {
      const events: string[] = [];
      board.machine.service(EVENTS).listen(({ name }) => events.push(name));
      board.out(0x64, 0xfe, 1);
      board.out(0x92, 0x01, 1);
      expect(events).toEqual(["RESET", "RESET"]);
    }));

  test("is not there with i8042=off", () =>
    withBoard(q35("-machine", "i8042=off"), (board) => {
      expect(board.machine.service(ISA).bus?.devices.map(({ typeName }) => typeName)).not.toContain("i8042");
      expect(board.in(0x64, 1)).toBe(0xff);
    }));
});

test("DMA channels are programmed byte by byte", () =>
  withBoard(q35(), (board) => {
    board.out(0x0c, 0, 1);
    board.out(0x04, 0x34, 1);
    board.out(0x04, 0x12, 1);
    board.out(0x81, 0x56, 1);
    expect([board.in(0x04, 1), board.in(0x04, 1), board.in(0x81, 1)]).toEqual([0x34, 0x12, 0x56]);
  }));
