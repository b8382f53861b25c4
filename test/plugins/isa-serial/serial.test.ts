// Registers: National Semiconductor PC16550D, §8.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";
import { CLOCK } from "backplane";
import { afterAll, describe, expect, test } from "vitest";
import { levelOf } from "../apic/level-of.ts";
import { q35, withBoard, type Board } from "../pci/board.ts";

const folder = mkdtempSync(path.join(tmpdir(), "serial-"));
afterAll(() => rmSync(folder, { recursive: true }));

const BASE = 0x3f8;
const DATA = 0;
const ENABLE = 1;
const ID = 2;
const LINE = 3;
const MODEM = 4;
const STATUS = 5;
const LOOP = 0x10;

const read = (board: Board, register: number): number => board.in(BASE + register, 1);
const write = (board: Board, register: number, value: number): void => board.out(BASE + register, value, 1);
describe("the registers of one port", () => {
  test("after a reset", () =>
    withBoard(q35("-device", "isa-serial"), (board) => {
      expect([1, 2, 3, 4, 5, 6, 7].map((register) => read(board, register))).toEqual([0, 1, 0, 8, 0x60, 0xb0, 0]);
      write(board, LINE, 0x80);
      expect([read(board, 0), read(board, 1)]).toEqual([0x0c, 0]);
    }));

  test("what is sent in loopback is received, with overrun when it was not read", () =>
    withBoard(q35("-device", "isa-serial"), (board) => {
      write(board, MODEM, LOOP);
      write(board, DATA, 0x41);
      expect(read(board, STATUS)).toBe(0x61);
      write(board, DATA, 0x42);
      expect(read(board, STATUS)).toBe(0x63);
      expect(read(board, STATUS)).toBe(0x61);
      expect(read(board, DATA)).toBe(0x42);
      expect(read(board, STATUS)).toBe(0x60);
    }));

  test("the receiver's FIFO asks for attention at its trigger level, and below it after four characters' time", () =>
    withBoard(q35("-device", "isa-serial"), (board) => {
      const level = levelOf(board, 4);
      write(board, ID, 0x81); // FIFOs on, trigger at 8
      write(board, MODEM, LOOP);
      write(board, ENABLE, 1);
      for (let byte = 0; byte < 7; byte++) write(board, DATA, byte);
      expect(read(board, ID)).toBe(0xc1);
      board.machine.service(CLOCK).advance(1_000_000_000);
      expect(read(board, ID)).toBe(0xcc);
      expect(level()).toBe(true);
      write(board, DATA, 7);
      for (let byte = 0; byte < 8; byte++) expect(read(board, DATA)).toBe(byte);
      expect(read(board, ID)).toBe(0xc1);
      expect(level()).toBe(false);
    }));

  test("the empty transmitter interrupts once, until it is identified", () =>
    withBoard(q35("-device", "isa-serial"), (board) => {
      const level = levelOf(board, 4);
      write(board, ENABLE, 2);
      expect(level()).toBe(true);
      expect(read(board, ID)).toBe(2);
      expect(read(board, ID)).toBe(1);
      expect(level()).toBe(false);
    }));
});

describe("ports", () => {
  test("each takes the next index", () =>
    withBoard(q35("-device", "isa-serial", "-device", "isa-serial"), (board) => {
      board.out(0x3ff, 1, 1);
      board.out(0x2ff, 2, 1);
      expect([board.in(0x3ff, 1), board.in(0x2ff, 1), board.in(0x3ef, 1)]).toEqual([1, 2, 0xff]);
    }));

  test("there are four", () =>
    expect(withBoard(q35("-device", "isa-serial,index=4"), () => undefined)).rejects.toThrow(
      "Max. supported number of ISA serial ports is 4.",
    ));

  test("a character device serves one", () =>
    expect(
      withBoard(
        q35("-chardev", "null,id=c", "-device", "isa-serial,chardev=c", "-device", "isa-serial,chardev=c"),
        () => undefined,
      ),
    ).rejects.toThrow("Property 'serial.chardev' can't take value 'c': chardev 'c' is already in use"));

  test("an unknown character device is refused", () =>
    expect(withBoard(q35("-device", "isa-serial,chardev=c"), () => undefined)).rejects.toThrow(
      "Property 'serial.chardev' can't find value 'c'",
    ));
});

test("what the guest sends arrives", async () => {
  const file = path.join(folder, "out");
  await withBoard(q35("-chardev", `file,id=c,path=${file}`, "-device", "isa-serial,chardev=c"), (board) => {
    for (const byte of Buffer.from("hello\n")) write(board, DATA, byte);
  });
  expect(readFileSync(file, "utf8")).toBe("hello\n");
});

test("a guest that does not read holds its far end back, and loses nothing", async () => {
  const socket = path.join(folder, "line");
  const chardev = `socket,id=c,path=${socket},server=on,wait=off`;
  await withBoard(q35("-chardev", chardev, "-device", "isa-serial,chardev=c"), async (board) => {
    const client: Socket = connect(socket);
    await once(client, "connect");
    const sent = Buffer.from(Array.from({ length: 300 }, (_, index) => index & 0xff));
    client.write(sent);
    const received: number[] = [];
    while (received.length < sent.length) {
      if ((read(board, STATUS) & 1) !== 0) received.push(read(board, DATA));
      else await new Promise((resolve) => setImmediate(resolve));
    }
    expect(Buffer.from(received)).toEqual(sent);
    client.destroy();
  });
});
