import { describe, expect, test } from "vitest";
import { guestAddress } from "backplane";
import { MCH } from "backplane/plugins/mch/contract";
import { q35, withBoard, type Board } from "../pci/board.ts";

const host = { slot: 0 };
const PAM1 = 0x91;
const SMRAM = 0x9d;
const ESMRAM = 0x9e;
const EXPANSION = 0xc0000;
const LOW_SMRAM = 0xa0000;
const HIGH_SMRAM = 0xfeda0000;

const regionAt = (board: Board, address: number): string =>
  board
    .view(board.memory)
    .find(
      (line) => Number.parseInt(line.slice(0, 16), 16) <= address && Number.parseInt(line.slice(17, 33), 16) >= address,
    ) ?? "";

describe("PCIEXBAR", () => {
  test.each([
    [0xb000_0001, { base: 0xb000_0000, size: 0x1000_0000 }],
    [0xb800_0003, { base: 0xb800_0000, size: 0x800_0000 }],
    [0xbc00_0005, { base: 0xbc00_0000, size: 0x400_0000 }],
    [0xb000_0000, undefined],
  ])("%#x", (value, window) =>
    withBoard(q35(), (board) => {
      board.config(host, 0x60).write(value);
      const mch = board.machine.service(MCH);
      expect(mch.mmConfig).toEqual(window);
      if (window !== undefined) expect(board.load(window.base)).toBe(0x29c0_8086);
    }),
  );

  test("a reserved length changes nothing and is logged", () =>
    withBoard(q35(), (board) => {
      board.openWindow();
      board.config(host, 0x60).write(0xc000_0007);
      expect(board.machine.service(MCH).mmConfig?.base).toBe(0xb000_0000);
      expect(board.log.map(({ message }) => message)).toContain("reserved length in PCIEXBAR");
    }));

  test("moves above 4 GiB", () =>
    withBoard(q35(), (board) => {
      board.config(host, 0x64).write(0x1);
      board.config(host, 0x60).write(0x0000_0001);
      expect(board.machine.service(MCH).mmConfig?.base).toBe(0x1_0000_0000);
      expect(board.load(0x1_0000_0000)).toBe(0x29c0_8086);
    }));
});

describe("shadow RAM", () => {
  test("is read and written as the attributes say", () =>
    withBoard(q35(), (board) => {
      const attributes = (value: number): void => board.config(host, PAM1).write(value, 1);
      board.store(EXPANSION, 0x11, 1);
      expect(board.load(EXPANSION, 1)).toBe(0);
      attributes(0x33);
      board.store(EXPANSION, 0x22, 1);
      expect(board.load(EXPANSION, 1)).toBe(0x22);
      attributes(0x11);
      board.store(EXPANSION, 0x33, 1);
      expect(board.load(EXPANSION, 1)).toBe(0x22);
      // Devices and qtest write through, on the peer too.
      board.memory.store(guestAddress(EXPANSION), 0x44, 1);
      expect(board.load(EXPANSION, 1)).toBe(0x44);
      attributes(0x00);
      expect(regionAt(board, EXPANSION)).toContain("pc.rom");
    }));
});

describe("SMRAM", () => {
  // Low SMRAM shows through where nothing on the PCI bus answers at 0xa0000, on the peer as here; high SMRAM does not.
  test("is RAM for everybody while it is open", () =>
    withBoard(q35(), (board) => {
      const control = board.config(host, SMRAM);
      board.store(LOW_SMRAM, 0x55);
      board.config(host, ESMRAM).write(0xb8, 1);
      expect(board.load(HIGH_SMRAM)).toBe(0);
      control.write(0x4a, 1);
      expect([board.load(HIGH_SMRAM), regionAt(board, HIGH_SMRAM)]).toEqual([
        0x55,
        "00000000feda0000-00000000fedbffff pc.ram @00000000000a0000",
      ]);
      control.write(0x0a, 1);
      expect(board.load(HIGH_SMRAM)).toBe(0);
    }));

  test("stays closed when it has been locked, until reset", () =>
    withBoard(q35(), (board) => {
      const control = board.config(host, SMRAM);
      control.write(0x5a, 1);
      expect(control.read(1) & 0x40).toBe(0);
      control.write(0x4a, 1);
      expect(control.read(1) & 0x50).toBe(0x10);
      board.machine.reset("host-qmp-system-reset");
      expect(control.read(1)).toBe(0x02);
    }));

  test("TSEG is taken from the top of low RAM", () =>
    withBoard(q35(), (board) => {
      const extended = board.config(host, 0x50);
      extended.write(0xffff, 2);
      expect(extended.read(2)).toBe(16);
      board.config(host, SMRAM).write(0x0a, 1);
      board.config(host, ESMRAM).write(0x03, 1);
      expect(regionAt(board, 0x0fff_ffff)).toBe("000000000fe00000-000000000fffffff tseg-blackhole");
      expect(board.load(0x0fff_0000)).toBe(0xffff_ffff);
    }));

  test("does not exist with smm=off", () =>
    withBoard(q35("-machine", "smm=off"), (board) => {
      expect(board.config(host, SMRAM).read(1)).toBe(0);
    }));
});

test("the 32-bit hole runs from the end of RAM to the I/O APIC", () =>
  withBoard(q35(), (board) => {
    expect(board.machine.service(MCH).hole32).toEqual({ first: 0x1000_0000, last: 0xfebf_ffff });
  }));
