// Mapping and unmapping host memory for a device, in a container that is nearly full: linux/vfio.h's 65,535 entries.
import { AnonymousMemory, byteLength, HostCalls, type HostAddress, type HostAddressSpace } from "../core/index.ts";
import { VFIO_CALLS } from "../plugins/vfio-helpers/contract.ts";
import { Dma } from "../plugins/vfio-helpers/helpers/dma.ts";
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

interface Entry {
  readonly host: number;
  readonly iova: number;
}

/** The same with the least that could do: two sorted arrays, searched by halves. */
function bareArrays(entries: number): () => void {
  const byHost: Entry[] = Array.from({ length: entries - 1 }, (_, index) => ({ host: at(index), iova: index * PAGE }));
  const byIova = [...byHost];
  let iova = entries * PAGE;
  let turn = 0;
  const place = (list: readonly Entry[], key: "host" | "iova", value: number): number => {
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((list[middle]?.[key] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return () => {
    turn = (turn + STEP) % entries;
    const entry = { host: at(turn) + PAGE, iova };
    iova += PAGE;
    byHost.splice(place(byHost, "host", entry.host), 0, entry);
    byIova.splice(place(byIova, "iova", entry.iova), 0, entry);
    byHost.splice(place(byHost, "host", entry.host), 1);
    byIova.splice(place(byIova, "iova", entry.iova), 1);
  };
}

export function bench(): BenchRow[] {
  const full = filled(FULL);
  const few = pairedNanoseconds(full, filled(FEW), 2_000);
  const bare = pairedNanoseconds(full, bareArrays(FULL), 1_000);
  return [
    {
      name: "map and unmap at 65,535 entries",
      against: "the same at 1,000 entries",
      ...few,
      unit: "ns",
      // log 65,535 to log 1,000.
      aim: 1.61,
    },
    { name: "map and unmap at 65,535 entries", against: "two sorted arrays", ...bare, unit: "ns", aim: 1 },
  ];
}
