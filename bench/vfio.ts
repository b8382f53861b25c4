// Mapping and unmapping host memory for a device, in a container that is nearly full: linux/vfio.h's 65,535 entries.
import { AnonymousMemory, byteLength, HostCalls, type HostAddress, type HostAddressSpace } from "../core/index.ts";
import { VFIO_CALLS } from "../plugins/vfio-helpers/contract.ts";
import { Dma } from "../plugins/vfio-helpers/helpers/dma.ts";
import { OrderedTable } from "../plugins/vfio-helpers/ordered-table.ts";
import { ModelContainer } from "../plugins/vfio-helpers/model/container.ts";
import { type BenchRow, pairedNanoseconds } from "./row.ts";

const PAGE = 4096;
const FULL = 65_535;
const FEW = 1_000;
/** What is mapped and unmapped lies between the others, never in the same place twice in a row. */
const STEP = 7919;

/** Memory wherever somebody looks. */
function endlessMemory(): HostAddressSpace {
  const memory = new AnonymousMemory(byteLength(2 ** 40));
  return {
    place: () => {
      throw new Error("nothing is placed here");
    },
    find: (address) => ({ memory, offset: address, length: memory.length - address, block: undefined }),
    read: () => undefined,
    write: () => undefined,
  };
}

const at = (index: number): HostAddress => ((index + 1) * 2 * PAGE) as HostAddress;

/** An opened device with so many entries but one, and a call that maps and unmaps the last. */
function filled(entries: number): () => void {
  const ranges = [
    { start: 0, end: 0xfedf_ffff },
    { start: 0xfef0_0000, end: 2 ** 48 - 1 },
  ];
  const table = { pageSize: PAGE, ranges, entryLimit: FULL, memlockLimit: undefined };
  const container = new ModelContainer(table, endlessMemory(), new HostCalls("bench", VFIO_CALLS));
  container.standAlone();
  const dma = new Dma(container, { pageSize: PAGE, ranges });
  for (let index = 0; index < entries - 1; index++) dma.map(at(index), PAGE, "fixed");
  let turn = 0;
  return () => {
    turn = (turn + STEP) % entries;
    const host = (at(turn) + PAGE) as HostAddress;
    dma.map(host, PAGE, "fixed");
    dma.unmap(host);
  };
}

/** The same with the least that a tree can do: an entry comes into two, by host address and by IOVA, and goes again. */
function bareTrees(entries: number): () => void {
  const byHost = new OrderedTable<number>();
  const byIova = new OrderedTable<number>();
  for (let index = 0; index < entries - 1; index++) {
    byHost.set(at(index), index * PAGE);
    byIova.set(index * PAGE, at(index));
  }
  let iova = entries * PAGE;
  let turn = 0;
  return () => {
    turn = (turn + STEP) % entries;
    const host = at(turn) + PAGE;
    iova += PAGE;
    byHost.set(host, iova);
    byIova.set(iova, host);
    byHost.delete(host);
    byIova.delete(iova);
  };
}

export function bench(): BenchRow[] {
  const full = filled(FULL);
  const few = pairedNanoseconds(full, filled(FEW), 2_000);
  const bare = pairedNanoseconds(full, bareTrees(FULL), 1_000);
  const tree = pairedNanoseconds(bareTrees(FULL), bareTrees(FEW), 2_000);
  const name = "map and unmap at 65,535 entries";
  // log 65,535 to log 1,000 is 1.61, but what a larger tree touches no longer lies in the processor's caches: no worse
  // than log n is no worse than a tree, on the machine that measures.
  const growth = { ours: few.ours / few.baseline, baseline: tree.ours / tree.baseline };
  return [
    { name, against: "the same at 1,000 entries", ...few, unit: "ns" },
    {
      name: "growth of that from 1,000 entries on",
      against: "two bare B+ trees' growth",
      ...growth,
      unit: "times",
      aim: 1,
    },
    // What the rules ask besides: does it overlap another, is it usable, is there memory.
    { name, against: "an entry's way into two bare B+ trees and out again", ...bare, unit: "ns", aim: 2 },
  ];
}
