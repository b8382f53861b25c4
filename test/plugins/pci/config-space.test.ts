import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { ConfigSpace } from "../../../plugins/pci/config-space.ts";

const SIZE = 64;
const byte = fc.integer({ min: 0, max: 255 });
const width = fc.constantFrom<1 | 2 | 4>(1, 2, 4);
const write = fc.record({
  offset: fc.integer({ min: 0, max: SIZE - 4 }),
  size: width,
  value: fc.integer({ min: 0, max: 0xffff_ffff }),
});

describe("configuration space", () => {
  test.prop([
    fc.array(byte, { minLength: SIZE, maxLength: SIZE }),
    fc.array(byte, { minLength: SIZE, maxLength: SIZE }),
    fc.array(write, { maxLength: 20 }),
  ])("a guest changes writable bits, clears clearable ones, and nothing else", (writable, clearable, writes) => {
    const space = new ConfigSpace(SIZE);
    const naive = Array.from({ length: SIZE }, () => 0xa5);
    for (let at = 0; at < SIZE; at++) {
      space.set8(at, 0xa5);
      space.setWritable(at, 1, writable[at] ?? 0);
      space.setClearable(at, 1, (clearable[at] ?? 0) & ~(writable[at] ?? 0));
    }
    for (const { offset, size, value } of writes) {
      space.write(offset, size, value);
      for (let index = 0; index < size; index++) {
        const at = offset + index;
        const part = Math.floor(value / 256 ** index) % 256;
        for (let bit = 1; bit < 256; bit *= 2) {
          const old = naive[at] ?? 0;
          if (((writable[at] ?? 0) & bit) !== 0) naive[at] = (old & ~bit) | (part & bit);
          else if (((clearable[at] ?? 0) & bit) !== 0 && (part & bit) !== 0) naive[at] = old & ~bit;
        }
      }
    }
    expect([...space.bytes()]).toEqual(naive);
  });
});
