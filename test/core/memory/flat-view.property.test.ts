import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { byteLength, guestAddress, regionOffset, type MemoryRegion } from "backplane";
import { makeMemory, type MachineMemory } from "./machine-memory.ts";

/** The space that is looked at, byte by byte. */
const SPACE = 64;
const small = fc.nat({ max: SPACE });

type Step =
  | {
      readonly step: "add";
      readonly parent: number;
      readonly child: number;
      readonly address: number;
      readonly priority: number;
    }
  | { readonly step: "remove"; readonly child: number }
  | { readonly step: "enable"; readonly region: number; readonly enabled: boolean }
  | { readonly step: "move"; readonly region: number; readonly address: number }
  | { readonly step: "size"; readonly region: number; readonly size: number }
  | { readonly step: "offset"; readonly region: number; readonly offset: number }
  | { readonly step: "readonly"; readonly region: number; readonly readonly: boolean };

const region = fc.nat({ max: 15 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      step: fc.constant("add" as const),
      parent: region,
      child: region,
      address: small,
      priority: fc.integer({ min: -2, max: 2 }),
    }),
  },
  fc.record({ step: fc.constant("remove" as const), child: region }),
  fc.record({ step: fc.constant("enable" as const), region, enabled: fc.boolean() }),
  fc.record({ step: fc.constant("move" as const), region, address: small }),
  fc.record({ step: fc.constant("size" as const), region, size: small }),
  fc.record({ step: fc.constant("offset" as const), region, offset: small }),
  fc.record({ step: fc.constant("readonly" as const), region, readonly: fc.boolean() }),
);

const shapes = fc.array(
  fc.record({
    kind: fc.constantFrom("container", "ram", "rom", "io", "alias"),
    size: fc.integer({ min: 1, max: SPACE }),
    target: region,
    offset: small,
  }),
  { minLength: 3, maxLength: 14 },
);

function make(
  memory: MachineMemory,
  made: readonly MemoryRegion[],
  shape: { kind: string; size: number; target: number; offset: number },
): MemoryRegion {
  const { regions } = memory;
  const name = `r${made.length}`;
  const size = byteLength(shape.size);
  const target = made[shape.target % Math.max(made.length, 1)];
  if (shape.kind === "ram") return regions.ram(name, size);
  if (shape.kind === "rom") return regions.rom(name, size);
  if (shape.kind === "io") return regions.io(name, size, { read: () => 0, write: () => undefined });
  if (shape.kind === "alias" && target !== undefined)
    return regions.alias(name, target, regionOffset(shape.offset), size);
  return regions.container(name, size);
}

/** Regions refuse cycles and double containment; the oracle only looks at trees that came about. */
function apply(made: readonly MemoryRegion[], next: Step): void {
  const at = (index: number): MemoryRegion => made[index % made.length] as MemoryRegion;
  try {
    if (next.step === "add") at(next.parent).addSubregion(guestAddress(next.address), at(next.child), next.priority);
    else if (next.step === "remove") at(next.child).container?.removeSubregion(at(next.child));
    else if (next.step === "enable") at(next.region).setEnabled(next.enabled);
    else if (next.step === "move") at(next.region).setAddress(guestAddress(next.address));
    else if (next.step === "size") at(next.region).setSize(byteLength(next.size));
    else if (next.step === "offset") at(next.region).setAliasOffset(regionOffset(next.offset));
    else at(next.region).setReadonly(next.readonly);
  } catch (error) {
    expect((error as { code: string }).code).toMatch(/^MEMORY_REGION_/);
  }
}

interface Byte {
  readonly region: MemoryRegion;
  readonly offset: number;
  readonly readonly: boolean;
}

/** Who answers at one byte of a region: its subregions in their order, else itself. */
function answer(region: MemoryRegion, offset: number): Byte | undefined {
  if (!region.enabled || offset < 0 || offset >= region.size) return undefined;
  const below =
    region.alias === undefined ? inside(region, offset) : answer(region.alias.target, offset + region.alias.offset);
  return below && { ...below, readonly: below.readonly || region.readonly };
}

function inside(region: MemoryRegion, offset: number): Byte | undefined {
  const byPriority = region.subregions.toSorted((a, b) => b.priority - a.priority);
  for (const subregion of byPriority) {
    const found = answer(subregion, offset - subregion.address);
    if (found !== undefined) return found;
  }
  return region.kind === "container" ? undefined : { region, offset, readonly: region.readonly };
}

test.prop([shapes, fc.array(step, { maxLength: 30 })], { numRuns: 300 })(
  "the view is what every byte says",
  (forms, steps) => {
    const memory = makeMemory();
    const made: MemoryRegion[] = [];
    for (const form of forms) made.push(make(memory, made, form));
    const [root] = made;
    if (root === undefined) return;
    const space = memory.regions.addressSpace("test", root);
    for (const next of steps) apply(made, next);
    for (let address = 0; address < SPACE; address++) {
      const expected = answer(root, address);
      const range = space.ranges().find(({ start, length }) => address >= start && address < start + length);
      const found = space.find(guestAddress(address));
      expect(found?.region).toBe(expected?.region);
      expect(found?.offset).toBe(expected?.offset);
      expect(range?.readonly).toBe(expected?.readonly);
    }
    const ranges = space.ranges();
    for (const [index, range] of ranges.entries()) {
      const next = ranges[index + 1];
      if (next === undefined) continue;
      expect(range.start + range.length).toBeLessThanOrEqual(next.start);
      const isOne =
        range.region === next.region &&
        range.readonly === next.readonly &&
        range.offsetInRegion + range.length === next.offsetInRegion;
      expect(isOne && range.start + range.length === next.start).toBe(false);
    }
  },
);
