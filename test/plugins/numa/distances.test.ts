import { fc } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { Distances } from "../../../plugins/numa/distances.ts";

const NODES = 4;
const pairs = Array.from({ length: NODES }, (_, from) => from).flatMap((from) =>
  Array.from({ length: NODES - from - 1 }, (_, at) => [from, from + at + 1] as const),
);

test("one distance of each pair, in whichever direction, makes a symmetrical square", () => {
  const given = fc.array(
    fc.record({ value: fc.integer({ min: 10, max: 255 }), way: fc.constantFrom("there", "back", "both") }),
    {
      minLength: pairs.length,
      maxLength: pairs.length,
    },
  );
  fc.assert(
    fc.property(given, (entries) => {
      const distances = new Distances();
      for (const [at, { value, way }] of entries.entries()) {
        const [from = 0, to = 0] = pairs[at] ?? [];
        if (way !== "back") distances.set(from, to, value);
        if (way !== "there") distances.set(to, from, value);
      }
      const square = distances.complete(NODES) ?? [];
      for (const [at, { value }] of entries.entries()) {
        const [from = 0, to = 0] = pairs[at] ?? [];
        expect([square[from]?.[to], square[to]?.[from]]).toEqual([value, value]);
      }
      expect(square.map((row, node) => row[node])).toEqual([10, 10, 10, 10]);
    }),
  );
});

test("one pair that differs needs all others in both directions", () => {
  const distances = new Distances();
  for (const [from, to] of pairs) distances.set(from, to, 20);
  distances.set(1, 0, 30);
  expect(() => distances.complete(NODES)).toThrow("At least one asymmetrical pair");
  for (const [from, to] of pairs.slice(1)) distances.set(to, from, 20);
  expect(distances.complete(NODES)?.[1]).toEqual([30, 10, 20, 20]);
});

test("none given is none", () => {
  expect(new Distances().complete(NODES)).toBeUndefined();
});
