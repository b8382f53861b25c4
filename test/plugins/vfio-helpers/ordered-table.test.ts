import fc from "fast-check";
import { expect, test } from "vitest";
import { OrderedTable } from "../../../plugins/vfio-helpers/ordered-table.ts";

const key = fc.integer({ min: 0, max: 400 });
const step = fc.record({ remove: fc.boolean(), key });

test("it holds what a sorted list holds, and finds what that finds", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 900, size: "max" }), key, (steps, probe) => {
      const table = new OrderedTable<number>();
      const oracle = new Map<number, number>();
      for (const [index, { remove, key: at }] of steps.entries()) {
        if (remove) expect(table.delete(at)).toBe(oracle.delete(at));
        else {
          table.set(at, index);
          oracle.set(at, index);
        }
      }
      const sorted = [...oracle.entries()].toSorted(([a], [b]) => a - b);
      expect(table.size).toBe(sorted.length);
      expect([...table.values()]).toEqual(sorted.map(([, value]) => value));
      expect(table.get(probe)).toBe(oracle.get(probe));
      expect(table.atOrBelow(probe)).toBe(sorted.findLast(([at]) => at <= probe)?.[1]);
      expect(table.atOrAbove(probe)).toBe(sorted.find(([at]) => at >= probe)?.[1]);
    }),
  );
});

test("it stays shallow, in whatever order keys come and go", () => {
  for (const order of [(n: number) => n, (n: number) => -n, (n: number) => (n * 7919) % 65_535]) {
    const table = new OrderedTable<number>();
    for (let n = 0; n < 65_535; n++) table.set(order(n), n);
    for (let n = 0; n < 65_535; n += 2) table.delete(order(n));
    expect(table.size).toBe(32_767);
    // A node has a quarter of its 64 entries at least, but for the root.
    expect(table.depth()).toBeLessThanOrEqual(1 + Math.log(table.size) / Math.log(16));
  }
});
