// What a notification costs: each kind, told to one and to many, against a bare loop over the same functions; what one more
// subscriber costs, against a bare call; what nobody's hearing costs; and what is allocated.
import {
  byteLength,
  RAM_BLOCK_NOTIFICATIONS,
  type RAMBlock,
  type RAMBlockNotification,
  type RAMBlockNotifier,
  type RAMBlockResize,
} from "../../core/memory/index.ts";
import type { RAMBlockState } from "../../core/memory/ram-block-state.ts";
import { type BenchRow, median, pairedNanoseconds } from "../row.ts";
import { type BareMemory, makeBareMemory } from "./bare-memory.ts";

const CALLS = 20_000;
const MANY = 32;
/** As many as the series' own subscribers. */
const SERIES = 7;

/** Subscribers of the size that plugins have: each keeps a sum, and each has its own shape. */
function makeNotifiers(count: number): { readonly notifiers: RAMBlockNotifier[]; readonly sum: () => number } {
  let total = 0;
  const counting = (factor: number) => (block: RAMBlock) => {
    total = (total + factor + block.maxLength) | 0;
  };
  const resized = (factor: number) => (block: RAMBlock, change: RAMBlockResize) => {
    total = (total + factor * (change.to - change.from) + block.maxLength) | 0;
  };
  const notifiers = Array.from({ length: count }, (_, index): RAMBlockNotifier => {
    const own = { [`field${index}`]: index };
    return {
      ...own,
      name: `n${index}`,
      ramBlockAdded: counting(index),
      ramBlockResized: resized(index),
      ramBlockIdstrChanged: counting(index),
      ramBlockMigratableChanged: counting(index),
      ramBlockRemoved: counting(index),
    };
  });
  return { notifiers, sum: () => total };
}

interface Kind {
  readonly kind: RAMBlockNotification;
  /** What the row calls it. */
  readonly title: string;
  readonly method: Exclude<keyof RAMBlockNotifier, "name">;
  tell(publisher: BareMemory["publisher"], block: RAMBlockState): void;
}

const RESIZE: RAMBlockResize = { from: byteLength(4096), to: byteLength(8192) };
const RENAME = { from: "block", to: "other" };

/** A block can be added again once it was removed, so an addition is measured with its removal. */
const KINDS: readonly Kind[] = [
  {
    kind: "added",
    title: "an addition and the removal",
    method: "ramBlockAdded",
    tell(publisher, block) {
      publisher.removed(block);
      publisher.added(block);
    },
  },
  {
    kind: "resized",
    title: "a resize",
    method: "ramBlockResized",
    tell: (to, block) => void to.resized(block, RESIZE),
  },
  {
    kind: "idstr",
    title: "a new name",
    method: "ramBlockIdstrChanged",
    tell: (publisher, block) => void publisher.idstrChanged(block, RENAME),
  },
  {
    kind: "migratable",
    title: "a change of migratable",
    method: "ramBlockMigratableChanged",
    tell: (publisher, block) => void publisher.migratableChanged(block),
  },
];

/** A registry with so many subscribers, one block, and the same calls without the registry. */
function setUp(kind: Kind, count: number) {
  const { publisher, regions, directory } = makeBareMemory();
  regions.ram("block", byteLength(4096), { maxSize: byteLength(8192) });
  const [block] = directory.blocks();
  if (block === undefined) throw new Error("no block");
  const { notifiers, sum } = makeNotifiers(count);
  for (const notifier of notifiers) publisher.add(notifier);
  const change = kind.kind === "resized" ? RESIZE : undefined;
  type Bare = (block: RAMBlock, change: unknown) => void;
  const functions = notifiers.map((notifier) => (notifier[kind.method] as Bare).bind(notifier));
  const rounds = kind.kind === "added" ? 2 : 1;
  return {
    sum,
    dispatch: () => kind.tell(publisher, block),
    bareLoop: () => {
      for (let round = 0; round < rounds; round++) for (const tell of functions) tell(block, change);
    },
  };
}

export function bench(): BenchRow[] {
  // The first measurement would pay for what all share being compiled.
  for (const kind of KINDS) told(kind, SERIES);
  return [
    ...KINDS.flatMap((kind) => [1, SERIES, MANY].map((count) => told(kind, count))),
    ...KINDS.map(oneMore),
    toNobody(),
    allocated(),
  ];
}

function told(kind: Kind, count: number): BenchRow {
  const { dispatch, bareLoop, sum } = setUp(kind, count);
  const { ours, baseline } = pairedNanoseconds(dispatch, bareLoop, CALLS, 15);
  if (sum() === 0) throw new Error("nobody was told");
  return {
    name: `${kind.title} told to ${count} notifier${count === 1 ? "" : "s"}`,
    against: "a bare loop over the same functions",
    ours,
    baseline,
    unit: "ns",
    ...(count > 1 && kind.kind === "resized" ? { aim: 1.5 } : {}),
  };
}

/** What a subscriber adds to a notification: the difference that 31 of them make. */
function oneMore(kind: Kind): BenchRow {
  const [one, many] = [setUp(kind, 1), setUp(kind, MANY)];
  const few = pairedNanoseconds(one.dispatch, one.bareLoop, CALLS, 15);
  const lots = pairedNanoseconds(many.dispatch, many.bareLoop, CALLS, 15);
  return {
    name: `${kind.title}: one more subscriber`,
    against: "one more call in a bare loop",
    ours: (lots.ours - few.ours) / (MANY - 1),
    baseline: (lots.baseline - few.baseline) / (MANY - 1),
    unit: "ns",
    aim: kind.kind === "added" ? 3 : 1.5,
  };
}

function toNobody(): BenchRow {
  const { publisher, regions, directory } = makeBareMemory();
  regions.ram("block", byteLength(4096), { maxSize: byteLength(8192) });
  const [block] = directory.blocks();
  if (block === undefined) throw new Error("no block");
  let calls = 0;
  const functions: (() => void)[] = [() => void calls++];
  const { ours, baseline } = pairedNanoseconds(
    () => void publisher.resized(block, RESIZE),
    () => {
      for (const call of functions) call();
    },
    CALLS,
  );
  return { name: "a resize that nobody hears", against: "one bare call", ours, baseline, unit: "ns" };
}

/** Bytes that telling all kinds leaves for the garbage collector. */
function allocated(): BenchRow {
  const setUps = KINDS.map((kind) => setUp(kind, SERIES));
  const dispatchAll = (): void => {
    for (const { dispatch } of setUps) dispatch();
  };
  const objects: object[] = [];
  const allocate = (): void => {
    for (let index = 0; index < RAM_BLOCK_NOTIFICATIONS.length; index++) objects[index] = { index };
  };
  const perCall = (run: () => void): number => {
    for (let call = 0; call < CALLS; call++) run();
    const samples = Array.from({ length: 31 }, () => {
      const before = process.memoryUsage().heapUsed;
      for (let call = 0; call < 1000; call++) run();
      return Math.max(process.memoryUsage().heapUsed - before, 0) / 1000;
    });
    return median(samples) / RAM_BLOCK_NOTIFICATIONS.length;
  };
  return {
    name: `memory allocated by a notification told to ${SERIES} notifiers`,
    against: "one small object",
    ours: perCall(dispatchAll),
    baseline: perCall(allocate),
    unit: "bytes",
    aim: 0.1,
  };
}
