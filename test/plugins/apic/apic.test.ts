import { expect, test } from "vitest";
import { CLOCK, type VirtualTime } from "backplane";
import { LOCAL_APICS, SYSTEM_INTERRUPTS, type LocalApic } from "backplane/plugins/apic/contract";
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

test("an edge at an input that is not masked goes to the local APIC", () =>
  withBoard(q35(), (board) => {
    const line = board.machine.service(SYSTEM_INTERRUPTS).line(4);
    setRegister(board, 0x18, 0x1_0044);
    line.set(true);
    expect(requested(board, 0x44)).toBe(false);
    setRegister(board, 0x18, 0x44);
    expect(requested(board, 0x44)).toBe(false);
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

/** The local APICs of a machine with so many processors, enabled. */
function enabled(board: Board): readonly LocalApic[] {
  const apics = board.machine.service(LOCAL_APICS).all();
  for (const apic of apics) apic.write(0xf0, 0x1ff);
  return apics;
}

const first = (board: Board): LocalApic => {
  const [apic] = enabled(board);
  if (apic === undefined) throw new Error("no processor");
  return apic;
};

test("interrupts are taken in order of priority, and ended in order of service", () =>
  withBoard(q35(), (board) => {
    const apic = first(board);
    for (const vector of [0x31, 0x45, 0x42]) board.store(LOCAL, vector);
    expect(apic.acknowledge()).toBe(0x45);
    expect(apic.read(0xa0)).toBe(0x40);
    // Of the same class: masked until the other has ended.
    expect(apic.isInterrupted).toBe(false);
    expect(apic.acknowledge()).toBe(0xff);
    board.store(LOCAL, 0x51);
    expect(apic.acknowledge()).toBe(0x51);
    apic.write(0xb0, 0);
    apic.write(0xb0, 0);
    expect([apic.acknowledge(), apic.read(0x120) >>> 0]).toEqual([0x42, 0x4]);
    apic.write(0xb0, 0);
    apic.write(0x80, 0x30);
    expect(apic.isInterrupted).toBe(false);
    apic.write(0x80, 0x20);
    expect(apic.acknowledge()).toBe(0x31);
    expect(apic.acknowledge()).toBeUndefined();
  }));

test("the end of a level-triggered interrupt reaches the I/O APIC", () =>
  withBoard(q35(), (board) => {
    const apic = first(board);
    setRegister(board, 0x10 + 2 * 20, 0x8055);
    const line = board.machine.service(SYSTEM_INTERRUPTS).line(20);
    line.set(true);
    expect(apic.acknowledge()).toBe(0x55);
    expect(apic.isInterrupted).toBe(false);
    apic.write(0xb0, 0);
    expect(apic.acknowledge()).toBe(0x55);
    line.set(false);
    apic.write(0xb0, 0);
    expect([apic.isInterrupted, register(board, 0x10 + 2 * 20) & 0x4000]).toEqual([false, 0]);
  }));

test("messages find their processors: physical, logical flat and clustered, lowest priority", () =>
  withBoard(q35("-smp", "4"), (board) => {
    const apics = enabled(board);
    const bus = board.machine.service(LOCAL_APICS);
    const receivers = (address: number, data: number): number[] => {
      bus.send(address, data);
      return apics.flatMap((apic, index) => {
        const vector = apic.acknowledge();
        if (vector !== undefined) apic.write(0xb0, 0);
        return vector === undefined ? [] : [index];
      });
    };
    expect(receivers(0xfee0_2000, 0x50)).toEqual([2]);
    expect(receivers(0xfeef_f000, 0x50)).toEqual([0, 1, 2, 3]);
    expect(receivers(0xfee0_9000, 0x50)).toEqual([]);
    for (const [index, apic] of apics.entries()) apic.write(0xd0, (1 << index) << 24);
    expect(receivers(0xfee0_a004, 0x50)).toEqual([1, 3]);
    expect(receivers(0xfee0_a004, 0x150)).toEqual([1]);
    for (const [index, apic] of apics.entries()) {
      apic.write(0xe0, 0);
      apic.write(0xd0, (((index >> 1) << 4) | (1 << (index & 1))) << 24);
    }
    expect(receivers(0xfee1_3004, 0x50)).toEqual([2, 3]);
    expect(receivers(0xfeef_2004, 0x50)).toEqual([1, 3]);
  }));

test("processors interrupt and start one another", () =>
  withBoard(q35("-smp", "3"), (board) => {
    const apics = enabled(board);
    const told: unknown[] = [];
    for (const [index, apic] of apics.entries()) apic.onSignal((signal) => void told.push([index, signal]));
    const [boot, second, third] = apics;
    boot?.write(0x310, 1 << 24);
    boot?.write(0x300, 0x4500);
    boot?.write(0x300, 0x8500);
    boot?.write(0x300, 0x4608);
    boot?.write(0x300, 0x4608);
    expect(told).toEqual([
      [1, { kind: "init" }],
      [1, { kind: "startup", vector: 8 }],
    ]);
    expect(second?.read(0xf0)).toBe(0xff);
    second?.write(0xf0, 0x1ff);
    boot?.write(0x300, 0xc_0060);
    boot?.write(0x300, 0x4_0061);
    expect(apics.map((apic) => apic.acknowledge())).toEqual([0x61, 0x60, 0x60]);
    third?.write(0x300, 0x8_0400);
    expect(told.slice(2)).toEqual([0, 1, 2].map((index) => [index, { kind: "nmi" }]));
  }));

test("the timer counts once, again and again, or to a deadline", () =>
  withBoard(q35(), (board) => {
    const apic = first(board);
    const clock = board.machine.service(CLOCK);
    const taken = (): number | undefined => {
      const vector = apic.acknowledge();
      apic.write(0xb0, 0);
      return vector;
    };
    apic.write(0x3e0, 0x3);
    apic.write(0x320, 0x40);
    apic.write(0x380, 100);
    clock.advance(16 * 40);
    expect(apic.read(0x390)).toBe(60);
    clock.advance(16 * 60);
    expect([apic.read(0x390), taken()]).toEqual([0, undefined]);
    clock.advance(16);
    expect([taken(), taken()]).toEqual([0x40, undefined]);
    apic.write(0x320, 0x2_0041);
    apic.write(0x380, 9);
    clock.advance(16 * 10);
    expect(taken()).toBe(0x41);
    clock.advance(16 * 10);
    expect(taken()).toBe(0x41);
    apic.write(0x320, 0x4_0042);
    apic.setDeadline((clock.now + 500) as VirtualTime);
    clock.advance(499);
    expect(taken()).toBeUndefined();
    clock.advance(1);
    expect([taken(), taken()]).toEqual([0x42, undefined]);
    apic.write(0x320, 0x1_0042);
    apic.setDeadline((clock.now + 5) as VirtualTime);
    clock.advance(10);
    expect(taken()).toBeUndefined();
  }));

test("a register that is not there is an error", () =>
  withBoard(q35(), (board) => {
    const apic = first(board);
    expect([apic.read(0x40), apic.read(0x280)]).toEqual([0, 0x80]);
    apic.write(0x100, 1);
    expect(apic.read(0x100)).toBe(0);
  }));

test("the 8259 pair interrupts through LINT0, with its own vectors", () =>
  withBoard(q35(), (board) => {
    for (const [port, vector, other] of [
      [0x20, 0x08, 0x04],
      [0xa0, 0x70, 0x02],
    ] as const) {
      board.out(port, 0x11, 1);
      for (const word of [vector, other, 0x01, 0x00]) board.out(port + 1, word, 1);
    }
    const [apic] = board.machine.service(LOCAL_APICS).all();
    const interrupts = board.machine.service(SYSTEM_INTERRUPTS);
    apic?.write(0x350, 0x700);
    expect(apic?.isInterrupted).toBe(false);
    interrupts.line(4).set(true);
    expect([apic?.isInterrupted, apic?.acknowledge()]).toEqual([true, 0x0c]);
    board.out(0x20, 0x20, 1);
    interrupts.line(12).set(true);
    expect(apic?.acknowledge()).toBe(0x74);
    expect(apic?.isInterrupted).toBe(false);
    apic?.write(0x350, 0x1_0700);
    interrupts.line(3).set(true);
    expect(apic?.isInterrupted).toBe(false);
  }));
