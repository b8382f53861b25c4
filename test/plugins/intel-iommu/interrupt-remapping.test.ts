import { describe, expect, test } from "vitest";
import { SYSTEM_INTERRUPTS } from "backplane/plugins/apic/contract";
import { q35, withBoard, type Board } from "../pci/board.ts";
import { COMMAND, DEVFN, Guest, UNIT } from "./guest.ts";

const TABLE = 0x40_0000;
const VECTOR = 0x51;
const PRESENT = 1n | (BigInt(VECTOR) << 16n);
const FAULT = { index: 0x21, absent: 0x22, reserved: 0x24, source: 0x26, request: 0x20 } as const;

/** A message in remappable format for an entry of the table. */
const request = (index: number, hasSubhandle = false): number =>
  0xfee0_0010 + ((index & 0x7fff) << 5) + (hasSubhandle ? 8 : 0) + (index > 0x7fff ? 4 : 0);

const remapping = (options: string, use: (guest: Guest) => void): Promise<void> =>
  withBoard(q35("-device", `intel-iommu${options}`), (board) => {
    const guest = new Guest(board);
    board.store(UNIT + 0xb8, TABLE | 3);
    board.store(UNIT + 0x18, COMMAND.setRemappingTable);
    board.store(UNIT + 0x18, COMMAND.remapInterrupts);
    use(guest);
  });

function entry(guest: Guest, index: number, low: bigint, high = 0n): void {
  guest.store64(TABLE + index * 16, low);
  guest.store64(TABLE + index * 16 + 8, high);
}

const isRequested = (board: Board, vector = VECTOR): boolean =>
  (board.load(0xfee0_0200 + (vector >> 5) * 0x10) & (1 << (vector & 31))) !== 0;

const message = (guest: Guest, address: number, data: number): void => {
  guest.function.writeMemory(address, Uint8Array.of(data & 0xff, (data >> 8) & 0xff, (data >> 16) & 0xff, data >>> 24));
};

const reasonOf = (guest: Guest): number | undefined => guest.takeFault()?.reason;

test("a message becomes the interrupt of its entry", () =>
  remapping("", (guest) => {
    entry(guest, 3, PRESENT);
    message(guest, request(3), 0);
    expect([isRequested(guest.board), guest.takeFault()]).toEqual([true, undefined]);
  }));

test("a subhandle is added to the handle", () =>
  remapping("", (guest) => {
    entry(guest, 5, PRESENT);
    message(guest, request(3, true), 2);
    expect(isRequested(guest.board)).toBe(true);
    message(guest, request(3, true), 0x1_0002);
    expect(reasonOf(guest)).toBe(FAULT.request);
  }));

test("messages in compatibility format pass", () =>
  remapping("", (guest) => {
    message(guest, 0xfee0_0000, VECTOR);
    expect([isRequested(guest.board), guest.takeFault()]).toEqual([true, undefined]);
  }));

describe("what is blocked", () => {
  const wrong = 0x18n;
  const all = 1n << 18n;
  test.each([
    ["an index beyond the table", 16, 0n, 0n, FAULT.index],
    ["an entry that is not present", 3, 0n, 0n, FAULT.absent],
    ["a reserved bit", 3, PRESENT | (1n << 12n), 0n, FAULT.reserved],
    ["a reserved bit of the upper half", 3, PRESENT, 1n << 40n, FAULT.reserved],
    ["another requester", 3, PRESENT, wrong | all, FAULT.source],
    ["a bus out of the range", 3, PRESENT, 0x0201n | (2n << 18n), FAULT.source],
    ["a kind of verification that does not exist", 3, PRESENT, 3n << 18n, FAULT.source],
  ] as const)("%s", (_, index, low, high, reason) =>
    remapping("", (guest) => {
      if (index < 16) entry(guest, index, low, high);
      message(guest, request(index), 0);
      expect(isRequested(guest.board)).toBe(false);
      expect(guest.takeFault()).toEqual({ reason, source: DEVFN, address: BigInt(index) << 48n });
    }),
  );

  test("in silence, where the entry says so", () =>
    remapping("", (guest) => {
      entry(guest, 3, 2n);
      message(guest, request(3), 0);
      expect(guest.takeFault()).toBeUndefined();
    }));
});

test.each([
  ["all of it", 0n, 0xfan, true],
  ["but bit 2", 1n, 0xfen, true],
  ["but bits 1 and 2", 2n, 0xfcn, true],
  ["but bits 0 to 2", 3n, 0xffn, true],
  ["but bit 2, and bit 0 differs", 1n, 0xfbn, false],
] as const)("a requester is compared, %s", (_, qualifier, source, passes) =>
  remapping("", (guest) => {
    entry(guest, 0, PRESENT, source | (qualifier << 16n) | (1n << 18n));
    message(guest, request(0), 0);
    expect(isRequested(guest.board)).toBe(passes);
  }),
);

test("the I/O APIC's interrupts go through the table, whoever the entry is for", () =>
  remapping("", (guest) => {
    const { board } = guest;
    entry(guest, 7, PRESENT, 0x1234n | (1n << 18n));
    const select = (register: number, value: number): void => {
      board.store(0xfec0_0000, register);
      board.store(0xfec0_0010, value);
    };
    select(0x10 + 2 * 9 + 1, (7 << 17) | (1 << 16));
    select(0x10 + 2 * 9, 0x99);
    const line = board.machine.service(SYSTEM_INTERRUPTS).line(9);
    line.set(true);
    expect([isRequested(board), isRequested(board, 0x99)]).toEqual([true, false]);
    line.set(false);
    // An entry that is not there keeps it from the processors, and is told of with nobody's id.
    select(0x10 + 2 * 9 + 1, (8 << 17) | (1 << 16));
    line.set(true);
    expect(guest.takeFault()).toEqual({ reason: FAULT.absent, source: 0xffff, address: 8n << 48n });
  }));

test("extended destinations are 32 bits; of others bits 8 to 15 are the destination", () =>
  remapping(",eim=on", (guest) => {
    guest.board.store(UNIT + 0xb8, TABLE | 0x803);
    guest.board.store(UNIT + 0x18, COMMAND.setRemappingTable | COMMAND.remapInterrupts);
    entry(guest, 1, PRESENT | (1n << 32n));
    message(guest, request(1), 0);
    expect(isRequested(guest.board)).toBe(false);
    entry(guest, 1, PRESENT);
    message(guest, request(1), 0);
    expect(isRequested(guest.board)).toBe(true);
  }));
