import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { byteLength, DensePageBitmap, guestAddress, MiB } from "backplane";
import { codeOf, makeMemory } from "./machine-memory.ts";

const PAGES = 200;

type Act = { readonly act: "set" | "clear"; readonly page: number; readonly count: number };
const act: fc.Arbitrary<Act> = fc.record({
  act: fc.constantFrom("set", "clear"),
  page: fc.nat({ max: PAGES + 5 }),
  count: fc.oneof(fc.constant(1), fc.nat({ max: PAGES })),
});

test.prop([fc.array(act, { maxLength: 30 })])("a page bitmap is a set of pages", (acts) => {
  const bitmap = new DensePageBitmap(PAGES);
  const set = new Set<number>();
  for (const { act: kind, page, count } of acts) {
    if (count === 1 && kind === "set") expect(bitmap.set(page)).toBe(page < PAGES && !set.has(page));
    else if (count === 1) expect(bitmap.clear(page)).toBe(set.has(page));
    else if (kind === "set") bitmap.setRange(page, count);
    else bitmap.clearRange(page, count);
    for (let at = page; at < Math.min(page + count, PAGES); at++) {
      if (kind === "set") set.add(at);
      else set.delete(at);
    }
    expect(bitmap.count).toBe(set.size);
  }
  const walked: number[] = [];
  for (let page = bitmap.next(0); page < PAGES; page = bitmap.next(page + 1)) walked.push(page);
  expect(walked).toEqual([...set].toSorted((a, b) => a - b));
  for (let page = -1; page <= PAGES; page++) expect(bitmap.get(page)).toBe(set.has(page));
  const other = new DensePageBitmap(PAGES);
  other.setRange(50, 60);
  expect(bitmap.drainInto(other)).toBe(set.size);
  for (let page = 50; page < 110; page++) set.add(page);
  expect([bitmap.count, bitmap.next(0), other.count]).toEqual([0, PAGES, set.size]);
});

describe("dirty memory", () => {
  const dirtyPages = (
    m: ReturnType<typeof makeMemory>,
    block: ReturnType<typeof m.block>,
    client: "migration" | "vga" | "code" = "migration",
  ): number[] => {
    const into = new DensePageBitmap(block.maxLength / 4096);
    const moved = m.dirty.sync(client, block, into);
    expect(into.count).toBe(moved);
    const pages: number[] = [];
    for (let page = into.next(0); page < into.pages; page = into.next(page + 1)) pages.push(page);
    return pages;
  };

  test("is marked by every writer, while someone listens", () => {
    const m = makeMemory();
    const block = m.block("ram", MiB);
    m.memory.root.addSubregion(guestAddress(0), block.region);
    m.memory.store(guestAddress(0), 1, 1);
    expect(dirtyPages(m, block)).toEqual([]);
    const log = m.dirty.log("migration");
    m.memory.store(guestAddress(0x1ffe), 1, 4);
    expect(dirtyPages(m, block)).toEqual([1, 2]);
    m.memory.write(guestAddress(0x5000), new Uint8Array(0x2000));
    m.access.write(block, 0x9000, Uint8Array.of(1));
    m.access.fill(block, 0xb000, 1, 1);
    m.access.writeUint(block, 0xdfff, 2, 1);
    m.access.discard(block, 0x10000, 0x1000);
    m.access.write(block, 0x20000, new Uint8Array());
    expect(dirtyPages(m, block)).toEqual([5, 6, 9, 11, 13, 14, 16]);
    expect(dirtyPages(m, block)).toEqual([]);
    void log.dispose();
    m.memory.store(guestAddress(0), 1, 1);
    expect(dirtyPages(m, block)).toEqual([]);
  });

  test("is not marked by reads, nor by writes that are discarded", () => {
    const m = makeMemory();
    const block = m.block("ram", MiB);
    m.memory.root.addSubregion(guestAddress(0), block.region);
    m.dirty.log("migration");
    block.region.setReadonly(true);
    m.memory.store(guestAddress(0), 1, 1);
    m.memory.read(guestAddress(0), new Uint8Array(100));
    expect(dirtyPages(m, block)).toEqual([]);
  });

  test("is kept for each client apart, which has one user", () => {
    const m = makeMemory();
    const block = m.block("ram", MiB);
    const vga = m.dirty.log("vga");
    m.access.write(block, 0, Uint8Array.of(1));
    m.dirty.log("migration");
    m.access.write(block, 0x1000, Uint8Array.of(1));
    expect(dirtyPages(m, block)).toEqual([1]);
    expect(dirtyPages(m, block, "vga")).toEqual([0, 1]);
    expect(codeOf(() => m.dirty.log("vga"))).toBe("DIRTY_LOG_TAKEN");
    void vga.dispose();
    void vga.dispose();
    void m.dirty.log("vga").dispose();
  });

  test("of a new block is all of it, and of a freed one nothing", () => {
    const m = makeMemory();
    m.dirty.log("migration");
    const block = m.block("rom", 0x3000, { maxSize: byteLength(0x8000) });
    expect(dirtyPages(m, block)).toEqual([0, 1, 2]);
    m.access.write(block, 0, Uint8Array.of(1));
    m.list.free(block);
    expect(dirtyPages(m, block)).toEqual([]);
  });
});
