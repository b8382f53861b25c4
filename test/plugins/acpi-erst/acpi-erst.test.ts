import { afterAll, expect, test } from "vitest";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ACPI } from "backplane/plugins/acpi/contract";
import { ACPI_ERST } from "backplane/plugins/acpi-erst/contract";
import { q35, withBoard, type Board } from "../pci/board.ts";

const folder = mkdtempSync(join(tmpdir(), "erst-"));
afterAll(() => rmSync(folder, { recursive: true }));

const SLOT = 3;
const REGISTERS = 0xe000_0000;
const EXCHANGE = 0xe000_2000;
const ACTION = {
  write: 0,
  read: 1,
  clear: 2,
  execute: 5,
  status: 7,
  nextId: 8,
  setId: 9,
  count: 10,
  address: 13,
} as const;
const MAGIC = 0x9c;
const STATUS = { success: 0, noSpace: 1, failed: 3, empty: 4, notFound: 5 } as const;

function open(board: Board): void {
  board.config({ slot: SLOT }, 0x10).write(REGISTERS);
  board.config({ slot: SLOT }, 0x14).write(EXCHANGE);
  board.config({ slot: SLOT }, 0x04).write(0x2, 2);
}

function act(board: Board, action: number, value?: number): number {
  if (value !== undefined) {
    board.store(REGISTERS + 8, value);
    board.store(REGISTERS + 12, 0);
  }
  board.store(REGISTERS, action);
  return board.load(REGISTERS + 8);
}

function operate(board: Board, operation: number): number {
  act(board, operation);
  act(board, ACTION.execute, MAGIC);
  return act(board, ACTION.status);
}

function writeRecord(board: Board, id: number, text: string): number {
  const bytes = Buffer.alloc(256);
  bytes.writeUInt32LE(bytes.length, 20);
  bytes.writeUInt32LE(id, 96);
  bytes.write(text, 128);
  for (const [index, byte] of bytes.entries()) board.store(EXCHANGE + index, byte, 1);
  return operate(board, ACTION.write);
}

const textOf = (board: Board): string =>
  String.fromCharCode(...Array.from({ length: 4 }, (_, index) => board.load(EXCHANGE + 128 + index, 1)));

const machine = (...backend: string[]) =>
  q35("-object", `memory-backend-ram,id=m,${backend.join(",")}`, "-device", `acpi-erst,memdev=m,addr=${SLOT}`);

test("records are kept, found, listed and forgotten", () =>
  withBoard(machine("size=64K"), (board) => {
    open(board);
    expect(operate(board, ACTION.read)).toBe(STATUS.empty);
    expect(writeRecord(board, 7, "sept")).toBe(STATUS.success);
    expect(writeRecord(board, 8, "huit")).toBe(STATUS.success);
    expect(writeRecord(board, 7, "SEPT")).toBe(STATUS.success);
    expect(act(board, ACTION.count)).toBe(2);
    expect([act(board, ACTION.nextId), act(board, ACTION.nextId), act(board, ACTION.nextId)]).toEqual([
      7, 8, 0xffffffff,
    ]);
    act(board, ACTION.setId, 7);
    expect([operate(board, ACTION.read), textOf(board)]).toEqual([STATUS.success, "SEPT"]);
    expect(operate(board, ACTION.clear)).toBe(STATUS.success);
    expect(operate(board, ACTION.clear)).toBe(STATUS.notFound);
    expect(board.machine.service(ACPI_ERST).store?.count).toBe(1);
  }));

test("a full store, and a record without an id, are refused", () =>
  withBoard(machine("size=24K"), (board) => {
    open(board);
    expect(writeRecord(board, 0, "none")).toBe(STATUS.failed);
    expect([1, 2, 3].map((id) => writeRecord(board, id, "full"))).toEqual([
      STATUS.success,
      STATUS.success,
      STATUS.noSpace,
    ]);
  }));

test("records outlive the machine in a file", async () => {
  const file = join(folder, "store");
  const args = q35(
    "-object",
    `memory-backend-file,id=m,mem-path=${file},size=64K,share=on`,
    "-device",
    `acpi-erst,memdev=m,addr=${SLOT}`,
  );
  await withBoard(args, (board) => {
    open(board);
    expect(writeRecord(board, 5, "last")).toBe(STATUS.success);
  });
  expect(readFileSync(file).subarray(0, 8).toString("latin1")).toBe("ERSTSTOR");
  await withBoard(args, (board) => {
    open(board);
    act(board, ACTION.setId, 5);
    expect([operate(board, ACTION.read), textOf(board)]).toEqual([STATUS.success, "last"]);
  });
});

test("the table says where the registers are", () =>
  withBoard(machine("size=64K"), (board) => {
    open(board);
    const tables = Buffer.from(board.machine.service(ACPI).build().tables);
    const at = tables.indexOf("ERST");
    expect(tables.readUInt32LE(at + 36 + 8)).toBe(27);
    const address = tables.readUInt32LE(at + 48 + 8);
    expect(address).toBe(REGISTERS);
    expect(act(board, ACTION.address)).toBe(EXCHANGE);
  }));

test.each([
  ["acpi-erst", "'memdev' property is not set"],
  ["acpi-erst,memdev=m,record_size=100", "ERST record_size 100 is invalid"],
  ["acpi-erst,memdev=m,record_size=0x20000", "ACPI ERST requires storage size be multiple of record size (131072KiB)"],
])("%s: %s", async (device, message) => {
  const args = q35("-object", "memory-backend-ram,id=m,size=64K", "-device", device);
  await expect(withBoard(args, () => undefined)).rejects.toThrow(message);
});

test("what is no store is left alone", async () => {
  const file = join(folder, "other");
  writeFileSync(file, Buffer.alloc(65536, 0x55));
  const args = q35(
    "-object",
    `memory-backend-file,id=m,mem-path=${file},size=64K,share=on`,
    "-device",
    "acpi-erst,memdev=m",
  );
  await expect(withBoard(args, () => undefined)).rejects.toThrow(/^ERST record_size 1431655765 is invalid$/);
  expect(readFileSync(file).every((byte) => byte === 0x55)).toBe(true);
});
