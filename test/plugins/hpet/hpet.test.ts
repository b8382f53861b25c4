import { expect, test } from "vitest";
import { CLOCK } from "backplane";
import { SYSTEM_INTERRUPTS } from "backplane/plugins/apic/contract";
import { FW_CFG, FW_CFG_KEYS } from "backplane/plugins/fw-cfg/contract";
import { HPET } from "backplane/plugins/hpet/contract";
import { q35, withBoard } from "../pci/board.ts";

const BASE = 0xfed0_0000;

test("shows the peer's capabilities after reset", () =>
  withBoard(q35(), (board) => {
    const at = [0x000, 0x004, 0x010, 0x020, 0x0f0, 0x100, 0x104, 0x108, 0x120, 0x140];
    expect(at.map((offset) => board.load(BASE + offset))).toEqual([
      0x8086_a201, 0x0098_9680, 0, 0, 0, 0x30, 0x00ff_0104, 0xffff_ffff, 0x30, 0x30,
    ]);
  }));

test("counts in steps of 10 ns while it is enabled", () =>
  withBoard(q35(), (board) => {
    const clock = board.machine.service(CLOCK);
    clock.advance(1000);
    expect(board.load(BASE + 0xf0)).toBe(0);
    board.store(BASE + 0x10, 1);
    clock.advance(1000);
    expect(board.load(BASE + 0xf0)).toBe(100);
    board.store(BASE + 0x10, 0);
    clock.advance(1000);
    expect(board.load(BASE + 0xf0)).toBe(100);
    board.store(BASE + 0xf0, 7);
    expect(board.load(BASE + 0xf0)).toBe(7);
  }));

test("raises the interrupt that a timer is routed to", () =>
  withBoard(q35(), (board) => {
    const fired: number[] = [];
    const clock = board.machine.service(CLOCK);
    board.machine.service(SYSTEM_INTERRUPTS).connect((line, level) => level && line !== 0 && fired.push(line));
    board.store(BASE + 0x10, 1);
    board.store(BASE + 0x120, (16 << 9) | 0x4 | 0x100);
    board.store(BASE + 0x128, 500);
    clock.advance(4990);
    expect(fired).toEqual([]);
    clock.advance(10);
    expect(fired).toEqual([16]);
  }));

test("a level stays until it is acknowledged", () =>
  withBoard(q35(), (board) => {
    const levels: boolean[] = [];
    const clock = board.machine.service(CLOCK);
    board.machine.service(SYSTEM_INTERRUPTS).connect((line, level) => line === 20 && levels.push(level));
    board.store(BASE + 0x10, 1);
    board.store(BASE + 0x100, (20 << 9) | 0x6 | 0x100);
    board.store(BASE + 0x108, 10);
    clock.advance(100);
    expect([levels, board.load(BASE + 0x20)]).toEqual([[true], 1]);
    board.store(BASE + 0x20, 1);
    expect(levels).toEqual([true, false]);
  }));

test("is described to the firmware, and absent with hpet=off", async () => {
  const item = (): Promise<string> =>
    withBoard(q35(), (board) => {
      board.machine.service(FW_CFG).select(FW_CFG_KEYS.hpet);
      return Buffer.from(board.machine.service(FW_CFG).read(16)).toString("hex");
    });
  expect(await item()).toBe("0101a286800000d0fe00000000000000");
  await withBoard(q35("-machine", "hpet=off"), (board) => {
    expect([board.machine.service(HPET).block, board.load(BASE)]).toEqual([undefined, 0]);
    board.machine.service(FW_CFG).select(FW_CFG_KEYS.hpet);
    expect(board.machine.service(FW_CFG).read(2)).toEqual(Uint8Array.of(0xff, 0));
  });
});

test("a periodic timer fires again and again, at a first time of its own", () =>
  withBoard(q35(), (board) => {
    const clock = board.machine.service(CLOCK);
    const fired: number[] = [];
    board.machine.service(SYSTEM_INTERRUPTS).connect((line, level) => line === 19 && level && fired.push(clock.now));
    board.store(BASE + 0x140, (19 << 9) | 0x4 | 0x8 | 0x40 | 0x100);
    board.store(BASE + 0x148, 1000);
    board.store(BASE + 0x148, 300);
    board.store(BASE + 0x10, 1);
    clock.advance(17_000);
    expect(fired).toEqual([10_000, 13_000, 16_000]);
    expect(board.load(BASE + 0x148)).toBe(1900);
  }));

test("in legacy mode timers 0 and 1 take the place of the interval timer and the clock", () =>
  withBoard(q35(), (board) => {
    const clock = board.machine.service(CLOCK);
    const fired: [number, number][] = [];
    board.store(BASE + 0x10, 3);
    board.machine.service(SYSTEM_INTERRUPTS).connect((line, level) => level && fired.push([line, clock.now]));
    board.store(BASE + 0x100, 0x4);
    board.store(BASE + 0x108, 200);
    board.store(BASE + 0x10c, 0);
    board.store(BASE + 0x120, 0x4);
    board.store(BASE + 0x128, 300);
    board.store(BASE + 0x12c, 0);
    clock.advance(100_000_000);
    expect(fired).toEqual([
      [0, 2000],
      [8, 3000],
    ]);
    board.store(BASE + 0x10, 1);
    clock.advance(60_000_000);
    expect(fired.slice(2).every(([line]) => line === 0)).toBe(true);
    expect(fired.length).toBeGreaterThan(2);
  }));

test("with msi=on a timer sends messages", () =>
  withBoard(q35("-global", "hpet.msi=on"), (board) => {
    expect(board.load(BASE + 0x100)).toBe(0x8030);
    board.store(0xfee0_00f0, 0x1ff);
    board.store(BASE + 0x110, 0x61);
    board.store(BASE + 0x114, 0xfee0_0000);
    board.store(BASE + 0x100, 0x4004 | 0x100);
    board.store(BASE + 0x108, 10);
    board.store(BASE + 0x10, 1);
    board.machine.service(CLOCK).advance(1000);
    expect(board.load(0xfee0_0230)).toBe(0x2);
  }));
