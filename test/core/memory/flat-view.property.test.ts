import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { guestAddress, type AddressSpace, type FlatRange, type MemoryListener, type MemoryRegion } from "backplane";
import { makeMemory } from "./machine-memory.ts";
import { apply, byteAt, bytesOf, makeAll, rendered, shapes, SPACE, steps } from "./tree-oracle.ts";

/** What the oracle says of every byte. */
const wanted = (root: MemoryRegion) => Array.from({ length: SPACE }, (_, address) => byteAt(root, address));

function expectJoined(ranges: readonly FlatRange[]): void {
  for (const [index, range] of ranges.entries()) {
    const next = ranges[index + 1];
    if (next === undefined) continue;
    expect(range.start + range.length).toBeLessThanOrEqual(next.start);
    const isOne =
      range.region === next.region &&
      range.readonly === next.readonly &&
      range.nonvolatile === next.nonvolatile &&
      range.offsetInRegion + range.length === next.offsetInRegion;
    expect(isOne && range.start + range.length === next.start).toBe(false);
  }
}

/** Keeps a view from what it is told alone. */
class Mirror implements MemoryListener {
  readonly name = "mirror";
  ranges: FlatRange[] = [];
  #isOpen = false;

  begin(): void {
    expect(this.#isOpen).toBe(false);
    this.#isOpen = true;
  }

  commit(): void {
    expect(this.#isOpen).toBe(true);
    this.#isOpen = false;
  }

  regionAdded(range: FlatRange): void {
    expect(this.#isOpen).toBe(true);
    this.ranges.push(range);
  }

  regionRemoved(range: FlatRange): void {
    expect(this.#isOpen).toBe(true);
    const at = this.ranges.findIndex((other) => same(other, range));
    expect(at).toBeGreaterThanOrEqual(0);
    this.ranges.splice(at, 1);
  }

  regionUnchanged(range: FlatRange): void {
    const at = this.ranges.findIndex((other) => same(other, range));
    expect(at).toBeGreaterThanOrEqual(0);
    this.ranges[at] = range;
  }

  logStarted(range: FlatRange, before: number, after: number): void {
    expect(after & ~before).not.toBe(0);
    expect(range.dirtyLog).toBe(after);
  }

  logStopped(range: FlatRange, before: number, after: number): void {
    expect(before & ~after).not.toBe(0);
    expect([before, after]).toContain(range.dirtyLog);
  }
}

function same(a: FlatRange, b: FlatRange): boolean {
  return a.start === b.start && a.length === b.length && a.region === b.region && a.offsetInRegion === b.offsetInRegion;
}

const ascending = (ranges: readonly FlatRange[]) => ranges.toSorted((a, b) => a.start - b.start);

describe("a flat view", () => {
  test.prop([shapes, steps], { numRuns: 250 })(
    "is what every byte says, after each batch of changes",
    (forms, changes) => {
      const memory = makeMemory();
      const made = makeAll(memory, forms);
      const [root, second] = made;
      if (root === undefined || second === undefined) return;
      const spaces = [root, second, root].map((top, index) => memory.regions.addressSpace(`space${index}`, top));
      const mirror = new Mirror();
      const listening = spaces[0]?.listen(mirror);
      for (const change of changes) {
        apply(memory, made, change);
        for (const space of spaces) expect(bytesOf(space.ranges())).toEqual(wanted(space.root));
        expect(ascending(mirror.ranges)).toEqual(spaces[0]?.ranges());
      }
      for (const space of spaces) {
        expectJoined(space.ranges());
        expectSharing(space, spaces);
        for (let address = 0; address < SPACE; address++) {
          const byte = byteAt(space.root, address);
          const found = space.find(guestAddress(address));
          expect([found?.region, found?.offset]).toEqual([byte?.region, byte?.offset]);
        }
      }
      void listening?.dispose();
      expect(mirror.ranges).toEqual([]);
    },
  );

  test.prop([shapes, steps], { numRuns: 100 })("keeps its version while nothing changes", (forms, changes) => {
    const memory = makeMemory();
    const made = makeAll(memory, forms);
    const [root] = made;
    if (root === undefined) return;
    const space = memory.regions.addressSpace("space", root);
    for (const change of changes) {
      const [before, version] = [space.ranges(), space.version];
      apply(memory, made, change);
      expect(space.version === version).toBe(space.ranges() === before);
    }
  });
});

/** Spaces that come to the same region show one view. */
function expectSharing(space: AddressSpace, spaces: readonly AddressSpace[]): void {
  for (const other of spaces) {
    if (rendered(other.root) === rendered(space.root)) expect(other.ranges()).toBe(space.ranges());
  }
}

describe("many regions", () => {
  const many = fc.array(
    fc.record({
      address: fc.nat({ max: 4000 }),
      size: fc.integer({ min: 1, max: 400 }),
      priority: fc.integer({ min: -3, max: 3 }),
    }),
    { minLength: 17, maxLength: 120 },
  );

  test.prop([many, fc.nat({ max: 4000 }), fc.nat({ max: 600 })], { numRuns: 60 })(
    "show through a window what they show without it",
    (parts, from, length) => {
      const { regions } = makeMemory();
      const inside = regions.container("inside", 8192 as never);
      const silent = { read: () => 0, write: () => undefined };
      for (const [index, { address, size, priority }] of parts.entries()) {
        inside.addSubregion(guestAddress(address), regions.io(`r${index}`, size as never, silent), priority);
      }
      const whole = regions.addressSpace("whole", inside);
      const window = regions.alias("window", inside, from as never, (length + 1) as never);
      const through = regions.addressSpace("through", window);
      for (let at = 0; at <= length; at++) {
        const [outer, inner] = [whole.find(guestAddress(from + at)), through.find(guestAddress(at))];
        expect([inner?.region, inner?.offset]).toEqual([outer?.region, outer?.offset]);
      }
    },
  );
});
