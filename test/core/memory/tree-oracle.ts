// A renderer that decides each byte of an address space by itself, and random trees to try it on.
import { fc } from "@fast-check/vitest";
import { byteLength, guestAddress, regionOffset, type FlatRange, type MemoryRegion } from "backplane";
import type { MachineMemory } from "./machine-memory.ts";

/** The space that is looked at, byte by byte. */
export const SPACE = 64;
const small = fc.nat({ max: SPACE });
const region = fc.nat({ max: 15 });

export type Step =
  | {
      readonly step: "add";
      readonly parent: number;
      readonly child: number;
      readonly address: number;
      readonly priority: number;
    }
  | { readonly step: "remove"; readonly child: number }
  | {
      readonly step: "enable" | "readonly" | "nonvolatile" | "romd" | "log";
      readonly region: number;
      readonly on: boolean;
    }
  | { readonly step: "move" | "size" | "offset"; readonly region: number; readonly by: number }
  | { readonly step: "batch"; readonly steps: readonly Step[] };

const flag = fc.constantFrom(
  "enable" as const,
  "readonly" as const,
  "nonvolatile" as const,
  "romd" as const,
  "log" as const,
);
const simpleStep: fc.Arbitrary<Step> = fc.oneof(
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
  { weight: 2, arbitrary: fc.record({ step: flag, region, on: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      step: fc.constantFrom("move" as const, "size" as const, "offset" as const),
      region,
      by: small,
    }),
  },
);
export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: simpleStep },
    fc.record({ step: fc.constant("batch" as const), steps: fc.array(simpleStep, { maxLength: 6 }) }),
  ),
  { maxLength: 25 },
);

const kinds = ["container", "ram", "rom", "romDevice", "io", "reserved", "alias", "alias"] as const;
export const shapes = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    size: fc.integer({ min: 1, max: SPACE }),
    target: region,
    offset: small,
  }),
  { minLength: 3, maxLength: 14 },
);
export type Shape = typeof shapes extends fc.Arbitrary<(infer S)[]> ? S : never;

const silent = { read: () => 0, write: () => undefined };

function make({ regions }: MachineMemory, made: readonly MemoryRegion[], shape: Shape): MemoryRegion {
  const name = `r${made.length}`;
  const size = byteLength(shape.size);
  const target = made[shape.target % Math.max(made.length, 1)];
  switch (shape.kind) {
    case "ram":
      return regions.ram(name, size);
    case "rom":
      return regions.rom(name, size);
    case "romDevice":
      return regions.romDevice(name, size, silent);
    case "io":
      return regions.io(name, size, silent);
    case "reserved":
      return regions.reserved(name, size);
    case "alias":
      if (target !== undefined) return regions.alias(name, target, regionOffset(shape.offset), size);
      return regions.container(name, size);
    case "container":
      return regions.container(name, size);
  }
}

export function makeAll(memory: MachineMemory, forms: readonly Shape[]): readonly MemoryRegion[] {
  const made: MemoryRegion[] = [];
  for (const form of forms) made.push(make(memory, made, form));
  return made;
}

/** Regions refuse cycles, double containment and what their kind has not; that is no step then. */
export function apply(memory: MachineMemory, made: readonly MemoryRegion[], next: Step): void {
  const at = (index: number): MemoryRegion => made[index % made.length] as MemoryRegion;
  if (next.step === "batch") {
    memory.regions.transaction(() => {
      for (const step of next.steps) apply(memory, made, step);
    });
    return;
  }
  try {
    if (next.step === "add") at(next.parent).addSubregion(guestAddress(next.address), at(next.child), next.priority);
    else if (next.step === "remove") at(next.child).container?.removeSubregion(at(next.child));
    else if (next.step === "enable") at(next.region).setEnabled(next.on);
    else if (next.step === "readonly") at(next.region).setReadonly(next.on);
    else if (next.step === "nonvolatile") at(next.region).setNonvolatile(next.on);
    else if (next.step === "romd") at(next.region).setRomDeviceMode(next.on);
    else if (next.step === "log") at(next.region).setDirtyLog("vga", next.on);
    else if ("by" in next) resize(at(next.region), next);
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith("MEMORY_REGION_") !== true) throw error;
  }
}

function resize(region: MemoryRegion, { step, by }: Extract<Step, { readonly by: number }>): void {
  if (step === "move") region.setAddress(guestAddress(by));
  else if (step === "size") region.setSize(byteLength(by));
  else region.setAliasOffset(regionOffset(by));
}

export interface Byte {
  readonly region: MemoryRegion;
  readonly offset: number;
  readonly readonly: boolean;
  readonly nonvolatile: boolean;
}

/** Who answers at one byte of a region: its subregions in their order, else itself. */
function answer(region: MemoryRegion, offset: number): Byte | undefined {
  if (!region.enabled || offset < 0 || offset >= region.size) return undefined;
  const below =
    region.alias === undefined ? inside(region, offset) : answer(region.alias.target, offset + region.alias.offset);
  if (below === undefined) return undefined;
  return {
    ...below,
    readonly: below.readonly || region.readonly,
    nonvolatile: below.nonvolatile || region.nonvolatile,
  };
}

function inside(region: MemoryRegion, offset: number): Byte | undefined {
  const byPriority = region.subregions.toSorted((a, b) => b.priority - a.priority);
  for (const subregion of byPriority) {
    const found = answer(subregion, offset - subregion.address);
    if (found !== undefined) return found;
  }
  if (region.kind === "container") return undefined;
  return { region, offset, readonly: region.readonly, nonvolatile: region.nonvolatile };
}

/** What is rendered for a root: whatever it shows in its entirety and at its start, and nothing else of it. */
export function rendered(root: MemoryRegion): MemoryRegion | undefined {
  if (!root.enabled) return undefined;
  if (root.alias !== undefined) {
    const { target, offset } = root.alias;
    return offset === 0 && root.size >= target.size ? rendered(target) : root;
  }
  if (root.kind !== "container") return root;
  const [first, ...others] = root.subregions.filter(({ enabled }) => enabled);
  if (first === undefined) return undefined;
  return others.length === 0 && first.address === 0 && root.size >= first.size ? rendered(first) : root;
}

/** Who answers at an address of a space over this root. */
export function byteAt(root: MemoryRegion, address: number): Byte | undefined {
  const start = rendered(root);
  return start && answer(start, address - start.address);
}

/** A view as bytes, for comparison with the oracle's. */
export function bytesOf(ranges: readonly FlatRange[]): (Byte | undefined)[] {
  const bytes: (Byte | undefined)[] = Array.from({ length: SPACE }, () => undefined);
  for (const { start, length, region, offsetInRegion, readonly, nonvolatile } of ranges) {
    for (let at = 0; at < length && start + at < SPACE; at++) {
      if (bytes[start + at] !== undefined) throw new Error(`two ranges at ${start + at}`);
      bytes[start + at] = { region, offset: offsetInRegion + at, readonly, nonvolatile };
    }
  }
  return bytes;
}
