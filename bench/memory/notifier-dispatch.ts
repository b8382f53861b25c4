// Telling notifiers against a bare loop over the same functions.
import { byteLength, type RAMBlock, type RAMBlockNotifier, type RAMBlockResize } from "../../core/memory/index.ts";
import { makeBareMemory } from "./bare-memory.ts";
import { type BenchRow, pairedNanoseconds } from "../row.ts";

/** Subscribers of the size that plugins have: each keeps a sum, and each has its own shape. */
function makeNotifiers(count: number): { notifiers: RAMBlockNotifier[]; sum: () => number } {
  let total = 0;
  const resized = (factor: number) => (block: RAMBlock, change: RAMBlockResize) => {
    total = (total + factor * (change.to - change.from) + block.maxLength) | 0;
  };
  const notifiers = Array.from({ length: count }, (_, index): RAMBlockNotifier => {
    const own = { [`field${index}`]: index };
    return { ...own, name: `n${index}`, ramBlockResized: resized(index) };
  });
  return { notifiers, sum: () => total };
}

export function bench(): BenchRow[] {
  return [1, 7, 32].map(measure);
}

function measure(count: number): BenchRow {
  const { publisher, regions, directory } = makeBareMemory();
  regions.ram("block", byteLength(4096), { maxSize: byteLength(8192) });
  const [block] = directory.blocks();
  if (block === undefined) throw new Error("no block");

  const { notifiers, sum } = makeNotifiers(count);
  for (const notifier of notifiers) publisher.add(notifier);
  const change: RAMBlockResize = { from: byteLength(4096), to: byteLength(8192) };
  const functions = notifiers.map((notifier) => notifier.ramBlockResized?.bind(notifier) ?? (() => undefined));

  const dispatch = (): void => void publisher.resized(block, change);
  const bareLoop = (): void => {
    for (const tell of functions) tell(block, change);
  };
  const { ours, baseline } = pairedNanoseconds(dispatch, bareLoop, 20_000);
  if (sum() === 0) throw new Error("nobody was told");
  return {
    name: `a resize told to ${count} notifier${count === 1 ? "" : "s"}`,
    against: "a bare loop over the same functions",
    ours,
    baseline,
    unit: "ns",
    ...(count > 1 ? { aim: 1.5 } : {}),
  };
}
