// Conversations with intel-iommu: tables in guest memory, requests of a network card through them, invalidations by
// register and by queue. What a request came to is read from the fault registers and from the card's descriptors.
import type { Random } from "../random.ts";
import type { Access, RegisterCase } from "./registers.ts";

const UNIT = 0xfed9_0000;
const CARD = 0xe000_0000;
const ROOT = 0x10_0000;
const CONTEXTS = 0x10_1000;
const DIRECTORY = 0x11_0000;
const PASIDS = 0x11_2000;
const TABLES = 0x20_0000;
const TABLE_COUNT = 16;
const QUEUE = 0x30_0000;
const STATUS = 0x31_0000;
const PAGES = 0x80_0000;
const PAGE_COUNT = 16;
/** Slot 3. */
const DEVFN = 0x18;

const load = (at: number): Access => ({ space: "memory", at, size: 4 });
const store = (at: number, value: number): Access => ({ space: "memory", at, size: 4, value: value >>> 0 });
const store64 = (at: number, low: number, high = 0): readonly Access[] => [store(at, low), store(at + 4, high)];
const configure = (offset: number, value: number): readonly Access[] => [
  { space: "io", at: 0xcf8, size: 4, value: 0x8000_0000 + DEVFN * 256 + offset },
  { space: "io", at: 0xcfc, size: 4, value },
];

/** [low, high] of addresses that requests are made at. */
const ADDRESSES: readonly (readonly [low: number, high: number])[] = [
  [0, 0],
  [0x1000, 0],
  [0x20_0000, 0],
  [0x4000_0000, 0],
  [0xfedf_f000, 0],
  [0x1234_5000, 0],
  [0xffff_f000, 0x7f],
  [0, 0x80],
  [0xffff_e000, 0x7fff],
  [0, 0x8000],
  [0, 0x1_0000],
];

const indexAt = ([low, high]: readonly [number, number], level: number): number =>
  Number(((BigInt(high) << 32n) | BigInt(low)) >> BigInt(12 + 9 * (level - 1))) & 511;

/** A bit that should not be set, now and then. */
const damage = (random: Random, probability: number): readonly [number, number] => {
  if (!random.chance(probability)) return [0, 0];
  const bit = random.between(0, 63);
  return bit < 32 ? [2 ** bit, 0] : [0, 2 ** (bit - 32)];
};

function entry(random: Random, level: number, isFirstLevel: boolean): { readonly low: number; readonly high: number } {
  const isPage = level === 1 || (level < 4 && random.chance(0.25));
  const rights = isFirstLevel ? random.pick([7, 7, 7, 7, 5, 3, 0, 0x27]) : random.pick([3, 3, 3, 3, 1, 2, 0]);
  const large = isPage && level > 1 ? 0x80 : 0;
  let target = TABLES + random.between(0, TABLE_COUNT - 1) * 0x1000;
  if (isPage) target = random.chance(0.05) ? 0xfee0_0000 : PAGES + random.between(0, PAGE_COUNT - 1) * 0x1000;
  if (isPage && level === 2) target = PAGES;
  if (isPage && level === 3) target = 0;
  const [low, high] = damage(random, 0.05);
  return { low: (target | rights | large | low) >>> 0, high };
}

/** The entries on the way to an address. */
function way(random: Random, isFirstLevel: boolean): readonly Access[] {
  const address = random.pick(ADDRESSES);
  const accesses: Access[] = [];
  let table = TABLES;
  for (let level = 4; level > 0 && table >= TABLES && table < TABLES + TABLE_COUNT * 0x1000; level--) {
    const { low, high } = entry(random, level, isFirstLevel);
    accesses.push(...store64(table + indexAt(address, level) * 8, low, high));
    if ((low & 0x80) !== 0) break;
    table = low - (low % 0x1000);
  }
  return accesses;
}

function legacyContext(random: Random): readonly Access[] {
  const type = random.chance(0.9) ? 0 : random.between(1, 3);
  const [low, high] = damage(random, 0.03);
  const present = random.chance(0.95) ? 1 : 0;
  const at = CONTEXTS + DEVFN * 16;
  return [
    ...store64(ROOT, CONTEXTS | (random.chance(0.95) ? 1 : 0)),
    ...store64(at, (TABLES | (type << 2) | (random.chance(0.15) ? 2 : 0) | present | low) >>> 0, high),
    ...store64(at + 8, (random.chance(0.9) ? 2 : 1) | (random.between(0, 2) << 8)),
  ];
}

function scalableContext(random: Random, isFirstLevel: boolean): readonly Access[] {
  const pasid = random.pick([0, 0, 0, 65]);
  const type = random.chance(0.9) ? (isFirstLevel ? 1 : 2) : random.between(0, 4);
  const at = CONTEXTS + DEVFN * 32;
  const row = pasid >> 6;
  const table = PASIDS + row * 0x1000 + (pasid & 63) * 64;
  const present = random.chance(0.95) ? 1 : 0;
  return [
    ...store64(ROOT, CONTEXTS | 1),
    ...store64(at, DIRECTORY | (random.chance(0.95) ? 1 : 0) | (random.chance(0.1) ? 2 : 0)),
    ...store64(at + 8, pasid),
    ...store64(DIRECTORY + row * 8, (PASIDS + row * 0x1000) | (random.chance(0.95) ? 1 : 0)),
    ...store64(table, TABLES | (type << 6) | (2 << 2) | present | (random.chance(0.1) ? 2 : 0)),
    ...store64(table + 8, random.between(0, 2)),
    ...store64(table + 16, TABLES),
  ];
}

/** The card reads a descriptor at an address, and writes it back. */
function request(random: Random): readonly Access[] {
  const [low, high] = random.pick(ADDRESSES);
  const at = low + random.pick([0, 0x10, 0x800, 0xff0]);
  return [
    store(CARD + 0x400, 0),
    store(CARD + 0x3800, at),
    store(CARD + 0x3804, high),
    store(CARD + 0x3808, 128),
    store(CARD + 0x3810, 0),
    store(CARD + 0x3818, 0),
    store(CARD + 0x400, 2),
    store(CARD + 0x3818, 1),
    ...faults(),
    load(PAGES + random.between(0, PAGE_COUNT - 1) * 0x1000 + 12),
  ];
}

const faults = (): readonly Access[] => [0x34, 0x38, 0x220, 0x224, 0x228, 0x22c].map((at) => load(UNIT + at));
const serve = (): readonly Access[] => [store(UNIT + 0x22c, 0x8000_0000), store(UNIT + 0x34, 0x11)];

function descriptor(random: Random): readonly [number, number, number, number] {
  const type = random.pick([1, 2, 2, 2, 3, 4, 5, 5, 6, 7, 8, 9]);
  const granularity = random.between(0, 3) << 4;
  const domain = random.between(0, 2) << 16;
  const [low, high] = random.pick(ADDRESSES);
  const reserved = damage(random, 0.03)[0] & ~0x30;
  switch (type) {
    case 1:
      return [(1 | granularity | domain | reserved) >>> 0, DEVFN | (random.between(0, 3) << 16), 0, 0];
    case 2:
      return [(2 | granularity | domain | reserved) >>> 0, 0, low | random.pick([0, 1, 9, 18, 19]), high];
    case 3:
      return [3, DEVFN, low, high];
    case 5:
      return [(5 | random.pick([0x20, 0x20, 0x10])) >>> 0, random.between(0, 0xffff), STATUS, 0];
    case 6:
      return [6 | granularity | domain, random.between(0, 1), low, high];
    default:
      return [(type | reserved) >>> 0, 0, 0, 0];
  }
}

/** A queue of its own for each time: turned on, a few descriptors and a wait, turned off. */
function queue(random: Random): readonly Access[] {
  const length = random.between(1, 4);
  const accesses: Access[] = [store(UNIT + 0x88, 0), ...store64(UNIT + 0x90, QUEUE), store(UNIT + 0x18, 0x8400_0000)];
  for (let at = 0; at <= length; at++) {
    const words = at < length ? descriptor(random) : [0x25, 0x1234 + at, STATUS, 0];
    accesses.push(...words.map((word, index) => store(QUEUE + at * 16 + index * 4, word)));
  }
  accesses.push(store(UNIT + 0x88, (length + 1) * 16));
  for (const at of [0x1c, 0x34, 0x80, 0x88, 0x90, 0x9c, 0xa0]) accesses.push(load(UNIT + at));
  return [...accesses, load(STATUS), ...serve(), store(UNIT + 0x9c, 1), store(UNIT + 0x18, 0x8000_0000)];
}

function command(random: Random): readonly Access[] {
  switch (random.between(0, 3)) {
    case 0:
      return [store(UNIT + 0x2c, random.pick([0xa000_0000, 0xc000_0000, 0x8000_0000])), load(UNIT + 0x2c)];
    case 1:
      return [
        store(UNIT + 0x28, DEVFN << 16),
        store(UNIT + 0x2c, 0xe000_0000 + random.between(0, 3)),
        load(UNIT + 0x2c),
      ];
    case 2: {
      const [low, high] = random.pick(ADDRESSES);
      const granularity = random.pick([0x9000_0000, 0xa000_0000, 0xb000_0000, 0x8000_0000]);
      return [
        store(UNIT + 0xf0, low | random.pick([0, 1, 9, 20])),
        store(UNIT + 0xf4, high),
        store(UNIT + 0xfc, granularity + random.between(0, 2)),
        load(UNIT + 0xfc),
      ];
    }
    default:
      return [
        store(UNIT + 0x18, random.pick([0, 0xc000_0000, 0x8000_0000])),
        load(UNIT + 0x1c),
        store(UNIT + 0x18, 0x8000_0000),
      ];
  }
}

function iommuCase(name: string, options: string, seed: number, mode: "legacy" | "second" | "first"): RegisterCase {
  const isFirstLevel = mode === "first";
  const context = (random: Random): readonly Access[] =>
    mode === "legacy" ? legacyContext(random) : scalableContext(random, isFirstLevel);
  const pages = Array.from({ length: PAGE_COUNT }, (_, page) =>
    [0, 0x10, 0x800, 0xff0].flatMap((at) => [
      ...store64(PAGES + page * 0x1000 + at, 0x90_0000),
      ...store64(PAGES + page * 0x1000 + at + 8, 0x0b00_0000),
    ]),
  ).flat();
  return {
    name,
    args: [
      "-machine",
      "q35",
      "-m",
      "64M",
      "-nodefaults",
      "-device",
      `intel-iommu${options}`,
      "-device",
      "e1000e,addr=3",
    ],
    seed,
    steps: 260,
    start: [
      ...configure(0x10, CARD),
      ...configure(0x04, 6),
      ...pages,
      ...store64(UNIT + 0x20, ROOT | (mode === "legacy" ? 0 : 0x400)),
      store(UNIT + 0x18, 0x4000_0000),
      store(UNIT + 0x18, 0x8000_0000),
    ],
    step: (random) => {
      const roll = random.next();
      if (roll < 0.4) return [...request(random), ...(random.chance(0.7) ? serve() : [])];
      if (roll < 0.6) return way(random, isFirstLevel);
      if (roll < 0.72) return context(random);
      return roll < 0.86 ? command(random) : queue(random);
    },
  };
}

export const iommuCases: readonly RegisterCase[] = [
  iommuCase("intel-iommu", "", 41, "legacy"),
  iommuCase("intel-iommu device-iotlb stale-tm", ",device-iotlb=on,stale-tm=on", 42, "legacy"),
  iommuCase("intel-iommu scalable", ",x-scalable-mode=on", 43, "second"),
  iommuCase("intel-iommu first-level", ",x-scalable-mode=on,x-flts=on", 44, "first"),
];
