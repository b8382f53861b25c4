// How the time to build, render and take apart a map grows with its regions: beside that of sorting as many objects, which
// is n log n. The ratio must not grow with the number.
import { byteLength, guestAddress, KiB, regionOffset, WHOLE_SPACE, type MemoryRegion } from "backplane";
import type { BenchRow } from "../row.ts";
import { makeBareMemory } from "./bare-memory.ts";

const SIZES = [1_000, 10_000, 100_000] as const;
const DEVICE = byteLength(64 * KiB);

interface Shape {
  readonly name: string;
  /** Where and with which priority the n-th of `count` stands. */
  place(index: number, count: number): { readonly address: number; readonly priority: number };
}

/** A permutation, so that nothing comes sorted. */
const scattered = (index: number, count: number): number => (index * 7919) % count;

const SHAPES: readonly Shape[] = [
  { name: "side by side", place: (index, count) => ({ address: scattered(index, count) * DEVICE, priority: 0 }) },
  {
    name: "overlapping by half, of seven priorities",
    place: (index, count) => ({ address: (scattered(index, count) * DEVICE) / 2, priority: index % 7 }),
  },
];

function build(shape: Shape, count: number): { milliseconds: number } {
  const { regions } = makeBareMemory();
  const ops = { read: () => 0, write: () => undefined };
  const root = regions.container("root", WHOLE_SPACE);
  const space = regions.addressSpace("bench", root);
  const parts: MemoryRegion[] = Array.from({ length: count }, (_, index) => regions.io(`r${index}`, DEVICE, ops));
  const start = process.hrtime.bigint();
  regions.transaction(() => {
    for (const [index, part] of parts.entries()) {
      const { address, priority } = shape.place(index, count);
      root.addSubregion(guestAddress(address), part, priority);
    }
  });
  regions.transaction(() => {
    // Every other one goes, one by one.
    for (const [index, part] of parts.entries()) if (index % 2 === 0) root.removeSubregion(part);
  });
  const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
  if (space.ranges().length === 0) throw new Error("nothing was rendered");
  return { milliseconds };
}

/** Windows into one container: each alias shows one of its children. */
function windows(count: number): { milliseconds: number } {
  const { regions } = makeBareMemory();
  const ops = { read: () => 0, write: () => undefined };
  const root = regions.container("root", WHOLE_SPACE);
  const behind = regions.container("behind", WHOLE_SPACE);
  const space = regions.addressSpace("bench", root);
  const start = process.hrtime.bigint();
  regions.transaction(() => {
    for (let index = 0; index < count; index++) {
      const at = scattered(index, count) * DEVICE;
      behind.addSubregion(guestAddress(at), regions.io(`r${index}`, DEVICE, ops));
      root.addSubregion(guestAddress(at), regions.alias(`w${index}`, behind, regionOffset(at), DEVICE));
    }
  });
  const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
  if (space.ranges().length !== count) throw new Error("a window shows nothing");
  return { milliseconds };
}

/** As many pieces as there are regions, made, sorted by address, and made into results: what no rendering can do without. */
function sorting(count: number): { milliseconds: number } {
  const start = process.hrtime.bigint();
  const pieces = Array.from({ length: count }, (_, rank) => {
    const low = scattered(rank, count) * DEVICE;
    return { rank, low, high: low + DEVICE, start: low, region: SHAPES, inherited: SIZES };
  });
  const results = pieces
    .toSorted((a, b) => a.low - b.low || a.rank - b.rank)
    .map(({ low, high, start: from, region, inherited }) => ({
      low,
      high,
      from,
      region,
      inherited,
      offset: low - from,
    }));
  const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
  if (results.length !== count) throw new Error("something was lost");
  return { milliseconds };
}

export function bench(): readonly BenchRow[] {
  const cases = [
    ...SHAPES.map((shape) => ({ name: shape.name, run: (count: number) => build(shape, count) })),
    { name: "windows into one container", run: windows },
  ];
  const least = (run: (count: number) => { milliseconds: number }, count: number): number =>
    Math.min(...Array.from({ length: 7 }, () => run(count).milliseconds));
  return cases.flatMap(({ name, run }) => {
    run(1_000);
    run(10_000);
    return SIZES.map((count) => ({
      name: `${count} regions ${name}`,
      against: `sorting ${count} objects`,
      ours: least(run, count),
      baseline: least(sorting, count),
      unit: "ms",
    }));
  });
}
