// Looking blocks up among 10, 1000 and 100,000, against a Map's `get` (names) and a bare binary search (addresses).
import { byteLength, type HostAddress, type RamAddress, type RAMBlock } from "../../core/memory/index.ts";
import { type BenchRow, pairedNanoseconds } from "../row.ts";
import { makeBareMemory } from "./bare-memory.ts";

const LOOKUPS = 1024;
const CALLS = 200;

export function bench(): BenchRow[] {
  return [10, 1000, 100_000].flatMap(measure);
}

function measure(count: number): BenchRow[] {
  const { list, regions } = makeBareMemory();
  for (let index = 0; index < count; index++) regions.ram(`block${index}`, byteLength(4096 * (1 + (index % 50))));

  const blocks = list.blocks();
  const wanted = Array.from({ length: LOOKUPS }, (_, index) => blocks[(index * 7919) % count] as RAMBlock);
  const names = new Map(blocks.map((block) => [block.idstr, block]));
  const byOffset = blocks.toSorted((a, b) => a.offset - b.offset);
  const offsets = Float64Array.from(byOffset, (block) => block.offset);
  const byHost = blocks.toSorted((a, b) => a.hostAddress - b.hostAddress);
  const hosts = Float64Array.from(byHost, (block) => block.hostAddress);
  const of = `of ${count} blocks`;

  const idstr = compare(
    wanted.map((block) => block.idstr),
    (name) => list.byIdstr(name),
    (name) => names.get(name),
  );
  const ram = compare(
    wanted.map((block) => (block.offset + 100) as RamAddress),
    (address) => list.byRamAddress(address),
    (address) => byOffset[search(offsets, address)],
  );
  const host = compare(
    wanted.map((block) => (block.hostAddress + 100) as HostAddress),
    (address) => list.byHostAddress(address),
    (address) => byHost[search(hosts, address)],
  );
  const bareSearch = "a bare binary search";
  return [
    { name: `by name ${of}`, against: "a Map", ...idstr, unit: "ns" },
    { name: `by ram address ${of}`, against: bareSearch, ...ram, unit: "ns" },
    { name: `by host address ${of}`, against: bareSearch, ...host, unit: "ns" },
  ];
}

/** Per look-up, over many keys in turn, so that no cache of the last hit helps. */
function compare<K>(
  keys: readonly K[],
  ours: (key: K) => unknown,
  baseline: (key: K) => unknown,
): { ours: number; baseline: number } {
  let found = 0;
  const all = (find: (key: K) => unknown) => () => {
    for (const key of keys) if (find(key) !== undefined) found++;
  };
  const times = pairedNanoseconds(all(ours), all(baseline), CALLS, 9);
  if (found === 0) throw new Error("nothing was found");
  return { ours: times.ours / keys.length, baseline: times.baseline / keys.length };
}

/** The last start that is not beyond the address. */
function search(starts: Float64Array, address: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
