import { describe, expect, test } from "vitest";
import { q35, withBoard } from "../pci/board.ts";
import { COMMAND, Guest, IOTLB_ALL, QUEUE, STATUS, UNIT, waitFor } from "./guest.ts";

const QUEUE_ERROR = 0x10;
const FAULT_STATUS = 0x34;
const HEAD = 0x80;

const queueing = (options: string, use: (guest: Guest) => void): Promise<void> =>
  withBoard(q35("-device", `intel-iommu${options}`), (board) => {
    const guest = new Guest(board);
    guest.startQueue(0);
    use(guest);
  });

const vector = (guest: Guest, value: number): boolean =>
  (guest.board.load(0xfee0_0200 + (value >> 5) * 0x10) & (1 << (value & 31))) !== 0;

test("descriptors are carried out up to the tail; a wait tells by a write", () =>
  queueing("", (guest) => {
    expect(guest.register(0x1c)).toBe(COMMAND.queue);
    guest.queue(IOTLB_ALL, waitFor(0x1234));
    expect([guest.register(HEAD), guest.board.load(STATUS), guest.register(FAULT_STATUS)]).toEqual([0x20, 0x1234, 0]);
  }));

test("a wait tells by an interrupt, once until it is served", () =>
  queueing("", (guest) => {
    guest.write(0xa4, 0x61);
    guest.write(0xa8, 0xfee0_0000);
    guest.queue([0x15n, 0n]);
    expect([guest.register(0x9c), guest.register(0xa0), vector(guest, 0x61)]).toEqual([1, 0xc000_0000, false]);
    guest.write(0xa0, 0);
    expect([guest.register(0xa0), vector(guest, 0x61)]).toEqual([0, true]);
    guest.write(0x9c, 1);
    expect(guest.register(0x9c)).toBe(0);
  }));

test("the queue is a ring", () =>
  queueing("", (guest) => {
    for (let round = 0; round < 3; round++) {
      guest.queue(...Array.from({ length: 200 }, (_, at) => waitFor(round * 1000 + at)));
      expect(guest.board.load(STATUS)).toBe(round * 1000 + 199);
    }
    expect(guest.register(HEAD)).toBe((600 % 256) * 16);
  }));

describe("what stops the queue", () => {
  test.each([
    ["no type", [0n, 0n]],
    ["an unknown type", [0xfn, 0n]],
    ["a reserved bit", [0x12n | (1n << 12n), 0n]],
    ["no granularity", [0x02n, 0n]],
    ["a mask that is too large", [0x32n, 19n]],
    ["a wait that tells nobody", [0x05n, 0n]],
    ["a wait that tells nowhere", [0x25n, 0x40_0000_0000n]],
    ["a wait that tells the unit itself", [0x25n, BigInt(UNIT + 0x88)]],
    ["a PASID's cache, out of scalable mode", [0x07n, 0n]],
    ["a wide descriptor among narrow ones", [0x26n, 0n]],
  ] as const)("%s", (_, descriptor) =>
    queueing("", (guest) => {
      guest.queue(waitFor(1), descriptor, waitFor(2));
      expect([guest.register(HEAD), guest.board.load(STATUS)]).toEqual([0x10, 1]);
      expect(guest.register(FAULT_STATUS)).toBe(QUEUE_ERROR);
      // Mended and served, it goes on when the tail is written again.
      guest.store64(QUEUE + 0x10, waitFor(3)[0]);
      guest.store64(QUEUE + 0x18, waitFor(3)[1]);
      guest.write(FAULT_STATUS, QUEUE_ERROR);
      guest.write(0x88, 0x30);
      expect([guest.register(HEAD), guest.board.load(STATUS)]).toEqual([0x30, 2]);
    }),
  );

  test("a tail beyond it", () =>
    queueing("", (guest) => {
      guest.write(0x88, 0x1000);
      expect([guest.register(HEAD), guest.register(FAULT_STATUS)]).toEqual([0, QUEUE_ERROR]);
    }));
});

test("wide descriptors belong to scalable mode", () =>
  withBoard(q35("-device", "intel-iommu,x-scalable-mode=on"), (board) => {
    const guest = new Guest(board);
    board.store(UNIT + 0x90, QUEUE | 0x800);
    board.store(UNIT + 0x18, COMMAND.queue);
    const wide = (at: number, words: readonly bigint[]): void =>
      words.forEach((word, index) => guest.store64(QUEUE + at * 32 + index * 8, word));
    wide(0, [0x26n | (5n << 16n) | (1n << 32n), 0n, 0n, 0n]);
    wide(1, [0x07n, 0n, 0n, 0n]);
    wide(2, [...waitFor(7), 0n, 0n]);
    wide(3, [...waitFor(8), 1n, 0n]);
    board.store(UNIT + 0x88, 0x80);
    expect([board.load(UNIT + HEAD), board.load(STATUS), board.load(UNIT + FAULT_STATUS)]).toEqual([0x60, 7, 0x10]);
    board.store(UNIT + FAULT_STATUS, 0x10);
    board.store(UNIT + 0x88, 0x90);
    expect(board.load(UNIT + FAULT_STATUS)).toBe(QUEUE_ERROR);
  }));

test("it cannot be turned off before its last descriptor was a wait, and registers do nothing beside it", () =>
  queueing("", (guest) => {
    guest.queue(IOTLB_ALL);
    guest.write(0x18, 0);
    expect(guest.register(0x1c)).toBe(COMMAND.queue);
    guest.write(0xfc, 0x9000_0000);
    expect(guest.register(0xfc)).toBe(0x9000_0000);
    guest.queue(waitFor(1));
    guest.write(0x18, 0);
    expect([guest.register(0x1c), guest.register(HEAD)]).toEqual([0, 0]);
    guest.write(0xfc, 0x9000_0000);
    expect(guest.register(0xfc)).toBe(0x1200_0000);
  }));
