// Intel 82574 Datasheet: §6.1 (NVM), §7.1 and §7.2 (descriptors), §7.4 (interrupts), §10.2 (registers). What every
// register answers is compared with the peer's in test/machines/registers-golden.test.ts.
import { CLOCK, guestAddress } from "backplane";
import { describe, expect, test } from "vitest";
import { NETWORK } from "../../../plugins/net/contract.ts";
import { q35, withBoard, type Board } from "../pci/board.ts";

const BASE = 0xe000_0000;
const TABLE = 0xe010_0000;
const RING = 0x10_0000;
const DATA = 0x20_0000;
const BUFFERS = 0x30_0000;
const SLOT = { slot: 2 };
const REGISTER = {
  ctrl: 0x00,
  eerd: 0x14,
  mdic: 0x20,
  icr: 0xc0,
  ims: 0xd0,
  ivar: 0xe4,
  rctl: 0x100,
  tctl: 0x400,
  receiveRing: 0x2800,
  transmitRing: 0x3800,
  sent: 0x40d4,
  received: 0x40d0,
} as const;
const CAUSE = { transmitted: 0x1, received: 0x80, transmitQueue0: 0x40_0000, linkChange: 0x4 } as const;
const machine = q35("-device", "e1000e,addr=02.0,netdev=hub0port0");
const withHub = { net: { value: { hubPorts: 1 } } };
const FRAME = Uint8Array.from([0x52, 0x54, 0, 0x12, 0x34, 0x56, 2, 0, 0, 0, 0, 1, 0x12, 0x34, ...Array(50).fill(7)]);

/** A card on a hub. */
function withCard<T>(use: (board: Board) => T): Promise<T> {
  return withBoard(machine, use, [], withHub);
}

function open(board: Board, command = 7): void {
  board.config(SLOT, 0x10).write(BASE);
  board.config(SLOT, 0x1c).write(TABLE);
  board.config(SLOT, 4).write(command, 2);
}

const get = (board: Board, register: number): number => board.load(BASE + register);
const set = (board: Board, register: number, value: number): void => board.store(BASE + register, value);

function ring(board: Board, register: number, tail: number): void {
  set(board, register, RING);
  set(board, register + 8, 0x80);
  set(board, register + 0x18, tail);
}

/** A descriptor with a buffer, and the words behind its address. */
function describeBuffer(board: Board, index: number, buffer: number, command: number, options = 0): void {
  board.store(RING + 16 * index, buffer);
  board.store(RING + 16 * index + 4, 0);
  board.store(RING + 16 * index + 8, command);
  board.store(RING + 16 * index + 12, options);
}

function send(board: Board, frame: Uint8Array, command = 0x0900_0000, options = 0): void {
  board.memory.write(guestAddress(DATA), frame);
  describeBuffer(board, 0, DATA, command | frame.length, options);
  set(board, REGISTER.tctl, 2);
  ring(board, REGISTER.transmitRing, 1);
}

function listen(board: Board): Uint8Array[] {
  const heard: Uint8Array[] = [];
  board.machine.service(NETWORK).join(0, { receive: (frame) => void heard.push(frame.slice()) });
  return heard;
}

describe("settings", () => {
  test("the NVM has the address, and its words add up to 0xbaba", () =>
    withCard((board) => {
      open(board);
      const words = Array.from({ length: 64 }, (_, word) => {
        set(board, REGISTER.eerd, (word << 2) | 1);
        return get(board, REGISTER.eerd) >>> 16;
      });
      expect(words.slice(0, 3)).toEqual([0x5452, 0x1200, 0x5634]);
      expect(words.reduce((sum, word) => (sum + word) & 0xffff, 0)).toBe(0xbaba);
    }));

  test("the link is down while it is negotiated again, and says so when it is up", () =>
    withCard((board) => {
      open(board);
      set(board, REGISTER.mdic, 0x0420_0000 | 0x1340);
      expect(get(board, 0x08) & 2).toBe(0);
      board.machine.service(CLOCK).advance(500_000_000);
      expect(get(board, 0x08) & 2).toBe(2);
      expect(get(board, REGISTER.icr) & CAUSE.linkChange).toBe(CAUSE.linkChange);
    }));
});

describe("transmission", () => {
  test("a frame goes out, its descriptor is done, and the cause of the interrupt is there", () =>
    withCard((board) => {
      open(board);
      const heard = listen(board);
      send(board, FRAME);
      expect(heard).toEqual([FRAME]);
      expect(board.load(RING + 12) & 1).toBe(1);
      expect(get(board, REGISTER.icr) & CAUSE.transmitted).toBe(CAUSE.transmitted);
      expect(get(board, REGISTER.sent)).toBe(1);
      expect(get(board, REGISTER.sent)).toBe(0);
    }));

  test("TCP data that is too long for a frame goes out in several, with numbers and checksums of their own", () =>
    withCard((board) => {
      open(board);
      const heard = listen(board);
      const headers = [0x45, 0, 0, 0, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
      const tcp = [0, 80, 0, 81, 0, 0, 0, 5, 0, 0, 0, 0, 0x50, 0x18, 1, 1, 0, 0, 0, 0];
      const frame = Uint8Array.from([...FRAME.subarray(0, 12), 8, 0, ...headers, ...tcp, ...Array(250).fill(9)]);
      board.memory.write(guestAddress(DATA), frame);
      describeBuffer(board, 0, 0, 0x2700_0000 | 250, (100 << 16) | (54 << 8));
      describeBuffer(board, 1, DATA, 0x2d10_0000 | frame.length, 0x300);
      set(board, REGISTER.tctl, 2);
      ring(board, REGISTER.transmitRing, 2);
      expect(heard.map(({ length }) => length)).toEqual([154, 154, 104]);
      expect(heard.map((part) => part[41])).toEqual([5, 105, 205]);
      expect(heard.map((part) => part[19])).toEqual([1, 2, 3]);
    }));
});

describe("reception", () => {
  const listenOn = (board: Board, control = 0x0400_0002): void => {
    open(board);
    for (let index = 0; index < 8; index++) describeBuffer(board, index, BUFFERS + 0x1000 * index, 0);
    ring(board, REGISTER.receiveRing, 4);
    set(board, REGISTER.rctl, control);
  };

  test("a frame for the card fills a buffer; one for somebody else does not", () =>
    withCard((board) => {
      listenOn(board);
      const link = board.machine.service(NETWORK).join(0, { receive: () => undefined });
      link.send(Uint8Array.from(FRAME, (byte, index) => (index === 5 ? 0x57 : byte)));
      expect(get(board, REGISTER.received)).toBe(0);
      link.send(FRAME);
      expect(get(board, REGISTER.received)).toBe(1);
      const stored = new Uint8Array(FRAME.length);
      board.memory.read(guestAddress(BUFFERS), stored);
      expect(stored).toEqual(FRAME);
      expect(board.load(RING + 8) & 0xffff).toBe(FRAME.length);
      expect(board.load(RING + 12) & 3).toBe(3);
      expect(get(board, REGISTER.icr) & CAUSE.received).toBe(CAUSE.received);
    }));

  test("frames wait while there are no descriptors", () =>
    withCard((board) => {
      listenOn(board);
      const link = board.machine.service(NETWORK).join(0, { receive: () => undefined });
      for (let index = 0; index < 6; index++) link.send(FRAME);
      expect(get(board, REGISTER.received)).toBe(4);
      set(board, REGISTER.receiveRing + 0x18, 7);
      expect(get(board, REGISTER.received)).toBe(2);
    }));
});

describe("interrupts", () => {
  const status = (board: Board): number => board.config(SLOT, 6).read(2) & 8;

  test("the pin follows cause and mask, and reading the cause releases it", () =>
    withCard((board) => {
      open(board);
      set(board, REGISTER.ims, CAUSE.transmitted);
      send(board, FRAME);
      expect(status(board)).toBe(8);
      expect(get(board, REGISTER.icr) >>> 0).toBe(0x8000_0003);
      expect(status(board)).toBe(0);
    }));

  test("with MSI-X a queue has a message of its own", () =>
    withCard((board) => {
      open(board);
      board.store(TABLE + 16, 0x40_0000);
      board.store(TABLE + 24, 0xabcd);
      board.store(TABLE + 28, 0);
      board.config(SLOT, 0xa2).write(0x8000, 2);
      set(board, REGISTER.ivar, 0x900);
      set(board, REGISTER.ims, CAUSE.transmitQueue0);
      send(board, FRAME);
      expect(board.load(0x40_0000)).toBe(0xabcd);
      expect(status(board)).toBe(0);
    }));
});

test("out of D0 the card decodes nothing", () =>
  withCard((board) => {
    open(board);
    expect(get(board, 0x08)).not.toBe(0xffff_ffff);
    board.config(SLOT, 0xcc).write(3, 2);
    expect(board.config(SLOT, 0xcc).read(2)).toBe(3);
    board.config(SLOT, 0xcc).write(1, 2);
    expect(board.config(SLOT, 0xcc).read(2)).toBe(3);
    expect(get(board, REGISTER.ctrl)).not.toBe(0x0014_0241);
    board.config(SLOT, 0xcc).write(0, 2);
    expect(get(board, REGISTER.ctrl)).toBe(0x0014_0241);
  }));
