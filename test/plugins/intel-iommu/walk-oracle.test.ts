import fc from "fast-check";
import { expect, test } from "vitest";
import { guestAddress, IOMMU_READ, IOMMU_WRITE } from "backplane";
import { q35, withBoard } from "../pci/board.ts";
import { CONTEXT_ALL, Guest, IOTLB_ALL, iotlbDomain, iotlbPages, PAGES, TABLES } from "./guest.ts";

const TABLE_COUNT = 6;
const ADDRESSES = [0, 0x1000, 0x20_0000, 0x4000_0000, 0x80_0000_0000, 0xffff_ffff_f000, 0x1_0000_0000_0000];
const MASK = (1n << 48n) - 1n;
const DOMAIN = 5;

type Entry = readonly [table: number, at: (typeof ADDRESSES)[number], level: number, value: bigint];
type Outcome = { readonly fault: number } | { readonly page: bigint; readonly size: bigint; readonly rights: number };

const entry: fc.Arbitrary<bigint> = fc
  .record({
    rights: fc.constantFrom(3n, 3n, 3n, 1n, 2n, 0n),
    large: fc.boolean(),
    target: fc.oneof(
      { weight: 4, arbitrary: fc.nat(TABLE_COUNT - 1).map((at) => BigInt(TABLES + at * 0x1000)) },
      fc.constantFrom(BigInt(PAGES), BigInt(PAGES) + 0x3000n, 0xfee0_0000n, 0n),
    ),
    stray: fc.option(fc.integer({ min: 0, max: 63 }), { freq: 12 }),
  })
  .map(
    ({ rights, large, target, stray }) =>
      target | rights | (large ? 0x80n : 0n) | (stray === null ? 0n : 1n << BigInt(stray)),
  );

const entries: fc.Arbitrary<readonly Entry[]> = fc.array(
  fc.tuple(fc.nat(TABLE_COUNT - 1), fc.constantFrom(...ADDRESSES), fc.integer({ min: 1, max: 4 }), entry),
  { minLength: 8, maxLength: 40 },
);

const indexOf = (address: number, level: number): number =>
  Number((BigInt(address) >> BigInt(12 + 9 * (level - 1))) & 511n);

/** VT-d 4.1 §3.7 as it is written: from the top, entry by entry. Bits 48 to 51, 62 and 11 are reserved; so are those below large pages. */
function expected(guest: Guest, address: number, isWrite: boolean): Outcome {
  if (address >= 2 ** 48) return { fault: 4 };
  let table = BigInt(TABLES);
  let rights = 3n;
  for (let level = 4; ; level--) {
    const at = Number(table) + indexOf(address, level) * 8;
    const isThere = guest.board.memory.find(guestAddress(at)) !== undefined;
    const value = guest.load64(at);
    if (!isThere || value === (1n << 64n) - 1n) return { fault: level === 4 ? 3 : 7 };
    if ((value & (isWrite ? 2n : 1n)) === 0n) return { fault: isWrite ? 5 : 6 };
    const isLarge = (value & 0x80n) !== 0n;
    let reserved = 0x400f_0000_0000_0800n | (level === 4 ? 0x80n : 0n);
    if (isLarge && level === 2) reserved |= 0x1f_f000n;
    if (isLarge && level === 3) reserved |= 0x3fff_f000n;
    if ((value & reserved) !== 0n) return { fault: 0xc };
    rights &= value;
    table = value & MASK & ~0xfffn;
    if (level > 1 && !isLarge) continue;
    const size = 1n << BigInt(12 + 9 * (level - 1));
    if (table <= 0xfeef_ffffn && table + size > 0xfee0_0000n) return { fault: 0xe };
    return { page: table - (table % size), size, rights: Number(rights) };
  }
}

function actual(guest: Guest, address: number, isWrite: boolean): Outcome {
  const { permission, translated, size } = guest.translation(address, isWrite ? IOMMU_WRITE : IOMMU_READ);
  const fault = guest.takeFault();
  if (fault !== undefined) return { fault: fault.reason };
  return { page: BigInt(translated), size: BigInt(size), rights: permission };
}

function fill(guest: Guest, all: readonly Entry[]): void {
  for (const [table, at, level, value] of all) guest.store64(TABLES + table * 0x1000 + indexOf(at, level) * 8, value);
}

const clear = (guest: Guest): void => {
  for (let table = 0; table < TABLE_COUNT; table++)
    for (const address of ADDRESSES)
      for (let level = 1; level <= 4; level++) guest.store64(TABLES + table * 0x1000 + indexOf(address, level) * 8, 0n);
};

const onGuest = (use: (guest: Guest) => void): Promise<void> =>
  withBoard(q35("-device", "intel-iommu"), (board) => {
    const guest = new Guest(board);
    guest.context({ domain: DOMAIN });
    guest.translate();
    guest.startQueue();
    use(guest);
  });

test("walks are those of a naive walk over the same tables", () =>
  onGuest((guest) => {
    fc.assert(
      fc.property(entries, fc.constantFrom(...ADDRESSES), fc.boolean(), (all, address, isWrite) => {
        clear(guest);
        fill(guest, all);
        guest.queue(IOTLB_ALL);
        expect(actual(guest, address, isWrite)).toEqual(expected(guest, address, isWrite));
      }),
      { numRuns: 300 },
    );
  }));

test("after the invalidation that a change asks for translations are those of a fresh walk", () =>
  onGuest((guest) => {
    const change = fc.record({
      all: entries,
      invalidation: fc.constantFrom("all", "domain", "pages", "contexts"),
      address: fc.constantFrom(...ADDRESSES),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
        clear(guest);
        guest.queue(IOTLB_ALL);
        for (const { all, invalidation, address } of changes) {
          for (const at of ADDRESSES) guest.translation(at, IOMMU_READ);
          fill(guest, all);
          if (invalidation === "all") guest.queue(IOTLB_ALL);
          else if (invalidation === "domain") guest.queue(iotlbDomain(DOMAIN));
          else if (invalidation === "pages") guest.queue(iotlbPages(DOMAIN, address));
          else guest.queue(CONTEXT_ALL, iotlbDomain(DOMAIN));
          guest.takeFault();
          const checked = invalidation === "pages" ? [address] : ADDRESSES;
          for (const at of checked) expect(actual(guest, at, false)).toEqual(expected(guest, at, false));
        }
      }),
      { numRuns: 60 },
    );
  }));
