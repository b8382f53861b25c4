import { expect, test } from "vitest";
import { guestAddress, RAM_LIST, SYSTEM_MEMORY } from "backplane";
import { withMachine } from "backplane/kit";
import mainRam from "../../../plugins/main-ram/index.ts";

const SIZE = 64 * 1024 * 1024;

test("one migratable block named ram, from address 0", () =>
  withMachine({ with: [mainRam], memory: { size: SIZE, slots: 0, maxSize: SIZE } }, (machine) => {
    const [block, ...others] = machine.service(RAM_LIST).blocks();
    expect(others).toEqual([]);
    expect(block).toMatchObject({ idstr: "ram", usedLength: SIZE, migratable: true });
    const memory = machine.service(SYSTEM_MEMORY);
    memory.store(guestAddress(SIZE - 4), 0x12345678, 4);
    expect(memory.load(guestAddress(SIZE - 4), 4)).toBe(0x12345678);
    expect(memory.find(guestAddress(SIZE))).toBeUndefined();
  }));

test("no memory, no block", () =>
  withMachine({ with: [mainRam] }, (machine) => {
    expect(machine.service(RAM_LIST).blocks()).toEqual([]);
  }));
