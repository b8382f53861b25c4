// Whatever the tree of regions looks like and becomes, the guest sees in RAM what the flat view says.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { byteLength, guestAddress, MEMORY_REGIONS, regionOffset, SYSTEM_MEMORY, type MemoryRegion } from "backplane";
import { PAGE, withRig, type Rig } from "./rig.ts";

const PAGES = 16;

const step = fc.oneof(
  fc.record({
    kind: fc.constant("ram" as const),
    page: fc.nat(PAGES - 1),
    pages: fc.integer({ min: 1, max: 6 }),
    priority: fc.nat(2),
  }),
  fc.record({
    kind: fc.constantFrom("rom" as const, "io" as const),
    page: fc.nat(PAGES - 1),
    pages: fc.integer({ min: 1, max: 3 }),
    priority: fc.nat(2),
  }),
  fc.record({
    kind: fc.constant("alias" as const),
    of: fc.nat(9),
    offset: fc.nat(3),
    page: fc.nat(PAGES - 1),
    pages: fc.integer({ min: 1, max: 3 }),
    priority: fc.nat(2),
  }),
  fc.record({ kind: fc.constant("move" as const), of: fc.nat(9), page: fc.nat(PAGES - 1) }),
  fc.record({ kind: fc.constant("toggle" as const), of: fc.nat(9) }),
  fc.record({ kind: fc.constant("drop" as const), of: fc.nat(9) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class Tree {
  readonly #rig: Rig;
  readonly #regions: MemoryRegion[] = [];
  #serial = 0;

  constructor(rig: Rig) {
    this.#rig = rig;
  }

  take(change: Step): void {
    const regions = this.#rig.machine.service(MEMORY_REGIONS);
    const { root } = this.#rig.machine.service(SYSTEM_MEMORY);
    const name = `r${this.#serial++}`;
    const place = (region: MemoryRegion, page: number, priority: number): void => {
      root.addSubregion(guestAddress(page * PAGE), region, priority);
      this.#regions.push(region);
    };
    const chosen = "of" in change ? this.#regions[change.of % Math.max(this.#regions.length, 1)] : undefined;
    const size = byteLength(("pages" in change ? change.pages : 1) * PAGE);
    if (change.kind === "ram" || change.kind === "rom") {
      const region = change.kind === "ram" ? regions.ram(name, size) : regions.rom(name, size);
      // Every byte tells whose it is.
      region.ramBlock?.host.fill(0, size, this.#serial);
      place(region, change.page, change.priority);
    } else if (change.kind === "io") {
      place(regions.io(name, size, { read: () => 0xee, write: () => undefined }), change.page, change.priority);
    } else if (chosen === undefined) {
      return;
    } else if (change.kind === "alias") {
      if (chosen.kind === "alias") return;
      const alias = regions.alias(name, chosen, regionOffset(change.offset * PAGE), size);
      place(alias, change.page, change.priority);
    } else if (change.kind === "move") {
      chosen.setAddress(guestAddress(change.page * PAGE));
    } else if (change.kind === "toggle") {
      chosen.setEnabled(!chosen.enabled);
    } else {
      this.#drop(chosen);
    }
  }

  /** With the aliases that show it. */
  #drop(region: MemoryRegion): void {
    const regions = this.#rig.machine.service(MEMORY_REGIONS);
    for (const other of this.#regions.filter(({ alias }) => alias?.target === region)) this.#drop(other);
    this.#regions.splice(this.#regions.indexOf(region), 1);
    if (region.kind === "ram" || region.kind === "rom") regions.destroy(region);
    else this.#rig.machine.service(SYSTEM_MEMORY).root.removeSubregion(region);
  }
}

test("a guest's view is the flat view", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), (steps) =>
      withRig({}, (rig) => {
        const tree = new Tree(rig);
        for (const change of steps) tree.take(change);
        expect(rig.errors()).toEqual([]);
        for (let page = 0; page < PAGES + 6; page++) {
          const found = rig.machine.service(SYSTEM_MEMORY).find(guestAddress(page * PAGE));
          const isRam = found?.region.kind === "ram" || found?.region.kind === "rom";
          expect(rig.guestRead(page * PAGE + 1)).toEqual(isRam ? rig.read(page * PAGE + 1) : undefined);
          expect(rig.nvmm.guestWrite(page * PAGE, Uint8Array.of(page))).toBe(found?.region.kind === "ram");
          if (found?.region.kind === "ram") expect(rig.read(page * PAGE)).toEqual([page]);
        }
      }),
    ),
    { numRuns: 60 },
  );
});
