import fc from "fast-check";
import { expect, test } from "vitest";
import { Shadow } from "../../../plugins/intel-iommu/shadow.ts";

const SIZES = [0, 2 ** 12, 2 ** 21, 2 ** 30, 2 ** 39];
const sizeOf = (level: number): number => SIZES[level] ?? 0;

interface Page {
  readonly address: number;
  readonly level: number;
}

const page = fc
  .record({
    level: fc.constantFrom(1, 1, 2, 3),
    at: fc.constantFrom(0, 0x1000, 0x20_0000, 0x4000_0000, 0x80_0000_1000),
  })
  .map(({ level, at }): Page => ({ level, address: at - (at % sizeOf(level)) }));

const touches = (left: Page, start: number, end: number): boolean =>
  left.address < end && left.address + sizeOf(left.level) > start;

test("is a list of pages that do not overlap", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(page, fc.boolean())), (steps) => {
      const shadow = new Shadow();
      let pages: Page[] = [];
      for (const [next, isInsert] of steps) {
        const end = next.address + sizeOf(next.level);
        const isUsed = pages.some((other) => touches(other, next.address, end));
        expect(shadow.has(next.address, next.level)).toBe(isUsed);
        if (isUsed) {
          shadow.remove(next.address, end);
          pages = pages.filter((other) => !touches(other, next.address, end));
        }
        if (!isInsert) continue;
        shadow.insert(next.address, next.level, { translated: next.address * 2, permission: 3 });
        pages.push(next);
        expect(shadow.isMapped(next.address, next.level, next.address * 2, 3)).toBe(true);
        expect(shadow.isMapped(next.address, next.level, next.address * 2, 1)).toBe(false);
      }
      expect(shadow.isEmpty).toBe(pages.length === 0);
    }),
  );
});
