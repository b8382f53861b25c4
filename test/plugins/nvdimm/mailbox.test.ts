// Answers are the peer's, taken through qtest.
import { guestAddress, SYSTEM_IO, SYSTEM_MEMORY, type Machine } from "backplane";
import { describe, expect, test } from "vitest";
import { device, ram, withPlatform } from "../pc-memory/platform.ts";

const PORT = guestAddress(0xa18);
const PAGE = guestAddress(0x10_0000);
const MODULE = 1;
const READ_TABLE = 0x10000;

const words = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index);
  return bytes;
};

/** One call through the page: the answer's length, status and data. */
function call(machine: Machine, request: readonly [handle: number, revision: number, fn: number], given = words()) {
  const memory = machine.service(SYSTEM_MEMORY);
  memory.write(PAGE, Buffer.concat([words(...request), given, Buffer.alloc(64)]));
  machine.service(SYSTEM_IO).store(PORT, PAGE, 4);
  const bytes = Buffer.alloc(4096);
  memory.read(PAGE, bytes);
  const length = bytes.readUInt32LE(0);
  return { length, status: bytes.readUInt32LE(4), data: bytes.subarray(8, length) };
}

const machine = (use: (machine: Machine) => void) =>
  withPlatform(
    {
      memory: { size: 256 * 2 ** 20, slots: 2, maxSize: 2 ** 30 },
      properties: { nvdimm: "on" },
      objects: [ram("r0", "128M"), ram("r1", "128M")],
      devices: [
        device("nvdimm", { memdev: "r0", "label-size": "128K" }, "n0"),
        device("nvdimm", { memdev: "r1" }, "n1"),
      ],
    },
    use,
  );

describe("the mailbox of NVDIMMs", () => {
  test("says which functions there are: of a module with labels, one without, the root, the table", () =>
    machine((subject) => {
      const supported = (handle: number): number => call(subject, [handle, 1, 0]).status;
      expect([MODULE, 2, 3, 0, READ_TABLE].map(supported)).toEqual([0x71, 0, 0, 0, 3]);
    }));

  test("reads and writes labels within the label area, a page at a time", () =>
    machine((subject) => {
      expect([...call(subject, [MODULE, 1, 4]).data]).toEqual([...words(0x20000, 0xfec)]);
      const label = Buffer.from("hello world bye!");
      expect(call(subject, [MODULE, 1, 6], Buffer.concat([words(0x1fff0, 16), label])).status).toBe(0);
      expect(call(subject, [MODULE, 1, 5], words(0x1fff0, 16)).data.toString()).toBe(label.toString());
      const status = (offset: number, length: number): number =>
        call(subject, [MODULE, 1, 5], words(offset, length)).status;
      expect([status(0x1fff8, 16), status(0, 4088), status(0xfffffff0, 0x20)]).toEqual([3, 3, 3]);
    }));

  test("takes an access of no bytes for one that succeeds, where the peer ends", () =>
    machine((subject) => {
      for (const fn of [5, 6]) {
        const { status, data } = call(subject, [MODULE, 1, fn], words(0x20000, 0));
        expect([status, data.length]).toEqual([0, 0]);
      }
    }));

  test("refuses what it does not know", () =>
    machine((subject) => {
      const status = (...request: readonly [number, number, number]): number => call(subject, request).status;
      expect([status(MODULE, 2, 4), status(MODULE, 1, 7), status(2, 1, 4), status(9, 1, 4), status(0, 1, 1)]).toEqual([
        1, 1, 1, 2, 1,
      ]);
    }));

  test("gives the interface table in pieces", () =>
    machine((subject) => {
      const piece = (offset: number) => call(subject, [READ_TABLE, 1, 1], words(offset));
      const whole = piece(0);
      expect([whole.status, whole.data.length]).toEqual([0, 2 * 184]);
      expect(piece(100).data).toEqual(whole.data.subarray(100));
      expect([piece(368).data.length, piece(369).status]).toEqual([0, 3]);
    }));
});
