// What the IOMMU's translation of an address costs: from the IOTLB, by a walk of the guest's tables, and by none of them
// but a bare lookup of the page in a Map.
import { byteLength, GiB, guestAddress, IOMMU_READ, type IommuTranslation, MiB } from "backplane";
import { configure } from "../plugins/intel-iommu/configuration.ts";
import { Translator } from "../plugins/intel-iommu/translator.ts";
import { RemappingUnit } from "../plugins/intel-iommu/unit.ts";
import { makeBareMemory } from "./memory/bare-memory.ts";
import { type BenchRow, pairedNanoseconds } from "./row.ts";

const CALLS = 20_000;
const ROOT = 0x10_0000;
const CONTEXTS = 0x10_1000;
const TABLES = 0x20_0000;
const PAGE = 0x1000;
/** As many as are cached without being thrown out, in four tables. */
const CACHED = 1000;
const PAGES = 2048;

const PROPERTIES = {
  version: 0,
  eim: "auto",
  "x-buggy-eim": false,
  "aw-bits": 48,
  "caching-mode": false,
  "x-scalable-mode": false,
  "x-flts": false,
  "snoop-control": false,
  "x-pasid-mode": false,
  "dma-drain": true,
  "dma-translation": true,
  "stale-tm": false,
  fs1gp: true,
  intremap: "auto",
  "device-iotlb": false,
  pt: true,
} as const;

const silent = (): void => undefined;

/** A unit over 64 MiB whose tables of four levels map pages 0 to `PAGES` of function 00:00.0. */
function makeUnit(): { readonly unit: RemappingUnit; readonly translator: Translator } {
  const { regions } = makeBareMemory();
  const root = regions.container("root", byteLength(GiB));
  const space = regions.addressSpace("bench", root);
  root.addSubregion(guestAddress(0), regions.ram("ram", byteLength(64 * MiB)));
  const store = (at: number, value: number): void => void space.store(guestAddress(at), value, 4);
  store(ROOT, CONTEXTS | 1);
  store(CONTEXTS, TABLES | 1);
  store(CONTEXTS + 8, 2);
  store(TABLES, (TABLES + PAGE) | 3);
  store(TABLES + PAGE, (TABLES + 2 * PAGE) | 3);
  for (let table = 0; table < PAGES / 512; table++) {
    store(TABLES + 2 * PAGE + table * 8, (TABLES + (3 + table) * PAGE) | 3);
  }
  for (let page = 0; page < PAGES; page++) store(TABLES + 3 * PAGE + page * 8, (16 * MiB + page * PAGE) | 3);
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const unit = new RemappingUnit(configure(PROPERTIES), space, silent, log as never);
  unit.root.address = ROOT;
  unit.isTranslating = true;
  return { unit, translator: new Translator(unit, { busNumber: 0, devfn: 0, passesThrough: silent }) };
}

export function bench(): readonly BenchRow[] {
  const { unit, translator } = makeUnit();
  const into: IommuTranslation = { target: undefined, translated: 0, size: 1, permission: 0 };
  const bare = new Map(Array.from({ length: PAGES }, (_, page) => [page, 16 * MiB + page * PAGE]));
  let page = 0;
  let sum = 0;
  const next = (limit: number): number => (page = page + 1 < limit ? page + 1 : 0) * PAGE;
  const lookup = (limit: number): void => {
    const address = next(limit);
    sum += (bare.get(Math.floor(address / PAGE)) ?? 0) + (address % PAGE);
  };
  const hit = (): void => translator.translate(next(CACHED) + 8, IOMMU_READ, 0, into);
  // More pages than are cached, in order: each is gone before its turn comes again.
  const miss = (): void => translator.translate(next(PAGES) + 8, IOMMU_READ, 0, into);
  const found = { name: "a translation from the IOTLB", ...pairedNanoseconds(hit, () => lookup(CACHED), CALLS) };
  unit.forgetAll();
  const walked = {
    name: "a translation by a walk of four levels",
    ...pairedNanoseconds(miss, () => lookup(PAGES), CALLS),
  };
  if (sum === 0 || into.permission === 0) throw new Error("nothing was translated");
  const perSecond = (nanoseconds: number): string => (1000 / nanoseconds).toFixed(1);
  const against = "a Map's lookup of the page";
  return [found, walked].map(({ name, ours, baseline }) => ({
    name: `${name} (${perSecond(ours)} million/s)`,
    against,
    ours,
    baseline,
    unit: "ns",
  }));
}
