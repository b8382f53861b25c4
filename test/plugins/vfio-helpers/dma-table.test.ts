// linux/vfio.h: VFIO_IOMMU_MAP_DMA, VFIO_IOMMU_UNMAP_DMA of type 1 version 2.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AnonymousMemory, byteLength, type HostAddress, type HostAddressSpace, type HostCallError } from "backplane";
import type { VfioDmaMap } from "backplane/plugins/vfio-helpers/contract";
import { DmaTable, type DmaTableOptions } from "../../../plugins/vfio-helpers/model/dma-table.ts";

const PAGE = 4096;
const memory = new AnonymousMemory(byteLength(64 * PAGE));
const BASE = 0x10_0000;

/** 64 pages at one address, and nothing else. */
const space: HostAddressSpace = {
  place: () => {
    throw new Error("not here");
  },
  find: (address) => {
    const offset = address - BASE;
    if (offset < 0 || offset >= memory.length) return undefined;
    return { memory, offset, length: memory.length - offset, block: undefined };
  },
  read: () => undefined,
  write: () => undefined,
};

function table(options: Partial<DmaTableOptions> = {}): DmaTable {
  const ranges = [
    { start: 0, end: 0xfedf_ffff },
    { start: 0xfef0_0000, end: 2 ** 39 - 1 },
  ];
  return new DmaTable({ pageSize: PAGE, ranges, entryLimit: 65_535, memlockLimit: undefined, ...options }, space);
}

function mapping(iova: number, pages = 1, more: Partial<VfioDmaMap> = {}): VfioDmaMap {
  return { iova, host: BASE as HostAddress, length: pages * PAGE, read: true, write: true, ...more };
}

function code(call: () => unknown): string {
  try {
    call();
    return "done";
  } catch (failure) {
    return (failure as HostCallError).code;
  }
}

describe("mapping", () => {
  const at = (address: number): Partial<VfioDmaMap> => ({ host: address as HostAddress });
  test.each([
    ["an IOVA within a page", mapping(1), "EINVAL"],
    ["an address within a page", mapping(0, 1, at(BASE + 1)), "EINVAL"],
    ["a part of a page", mapping(0, 1, { length: 100 }), "EINVAL"],
    ["nothing", mapping(0, 0), "EINVAL"],
    ["without permission", mapping(0, 1, { read: false, write: false }), "EINVAL"],
    ["beyond the end", mapping(2 ** 53 - PAGE, 2), "EINVAL"],
    ["not a number", mapping(Number.NaN), "EINVAL"],
    ["the window of interrupts", mapping(0xfee0_0000), "EINVAL"],
    ["into the window of interrupts", mapping(0xfedf_f000, 2), "EINVAL"],
    ["above the IOMMU's width", mapping(2 ** 39), "EINVAL"],
    ["where no memory is", mapping(0, 1, at(BASE + 64 * PAGE)), "EFAULT"],
    ["beyond the memory", mapping(0, 65), "EFAULT"],
    ["memory", mapping(0, 64), "done"],
  ])("%s: %o gives %s", (_name, map, wanted) => {
    expect(code(() => table().map(map))).toBe(wanted);
  });

  test("overlapping is EEXIST before it is anything else", () => {
    const one = table({ entryLimit: 1 });
    one.map(mapping(8 * PAGE, 4));
    for (const iova of [5, 7, 8, 11]) expect(code(() => one.map(mapping(iova * PAGE, 4)))).toBe("EEXIST");
    expect(code(() => one.map(mapping(12 * PAGE)))).toBe("ENOSPC");
    expect(code(() => one.map(mapping(4 * PAGE, 4)))).toBe("ENOSPC");
  });

  test("entries are limited, and an unmapped one is free again", () => {
    const small = table({ entryLimit: 3 });
    for (const iova of [0, 1, 2]) small.map(mapping(iova * PAGE));
    expect(small.available).toBe(0);
    expect(code(() => small.map(mapping(3 * PAGE)))).toBe("ENOSPC");
    expect(small.unmap(PAGE, PAGE)).toBe(PAGE);
    expect(code(() => small.map(mapping(3 * PAGE)))).toBe("done");
  });

  test("locked memory is limited", () => {
    const poor = table({ memlockLimit: 4 * PAGE });
    poor.map(mapping(0, 3));
    expect(code(() => poor.map(mapping(8 * PAGE, 2)))).toBe("ENOMEM");
    expect(code(() => poor.map(mapping(8 * PAGE, 1)))).toBe("done");
    expect(poor.locked).toBe(4 * PAGE);
  });
});

describe("unmapping", () => {
  test("whole entries only: EINVAL where one would be split", () => {
    const one = table();
    one.map(mapping(4 * PAGE, 4));
    for (const [from, pages] of [
      [4, 2],
      [6, 2],
      [5, 1],
      [0, 5],
      [7, 9],
    ] as const) {
      expect(code(() => one.unmap(from * PAGE, pages * PAGE))).toBe("EINVAL");
    }
    expect(one.unmap(0, 64 * PAGE)).toBe(4 * PAGE);
    expect(one.size).toBe(0);
  });

  test("what is not mapped is unmapped as nothing", () => {
    expect(table().unmap(0, PAGE)).toBe(0);
  });

  test.each([
    [1, PAGE],
    [0, 0],
    [0, 100],
    [-PAGE, PAGE],
    [2 ** 64 - PAGE, 2 ** 40],
    [Number.NaN, PAGE],
  ])("%d, %d is EINVAL", (iova, length) => {
    expect(code(() => table().unmap(iova, length))).toBe("EINVAL");
  });

  test("a whole space", () => {
    const one = table();
    one.map(mapping(0));
    one.map(mapping(2 ** 39 - PAGE));
    expect(one.unmap(0, 2 ** 63)).toBe(2 * PAGE);
  });
});

test("it agrees with a table of pages", () => {
  const page = fc.integer({ min: 0, max: 40 });
  const steps = fc.array(fc.record({ remove: fc.boolean(), page, pages: fc.integer({ min: 1, max: 6 }) }));
  fc.assert(
    fc.property(steps, (all) => {
      const real = table();
      /** The number of the entry that covers each page. */
      const oracle: (number | undefined)[] = [];
      for (const [entry, { remove, page: first, pages }] of all.entries()) {
        const covered = Array.from({ length: pages }, (_, index) => first + index);
        const inside = new Set(covered.map((at) => oracle[at]).filter((at) => at !== undefined));
        if (!remove) {
          const outcome = code(() => real.map(mapping(first * PAGE, pages)));
          expect(outcome).toBe(inside.size > 0 ? "EEXIST" : "done");
          if (outcome === "done") for (const at of covered) oracle[at] = entry;
          continue;
        }
        const isSplit = [first - 1, first + pages].some((at) => inside.has(oracle[at] ?? -1));
        const outcome = code(() => real.unmap(first * PAGE, pages * PAGE));
        expect(outcome).toBe(isSplit ? "EINVAL" : "done");
        if (!isSplit) for (const at of covered) oracle[at] = undefined;
      }
      for (let at = 0; at < 50; at++) expect(real.find(at * PAGE) !== undefined).toBe(oracle[at] !== undefined);
      expect(real.size).toBe(new Set(oracle.filter((entry) => entry !== undefined)).size);
    }),
  );
});
