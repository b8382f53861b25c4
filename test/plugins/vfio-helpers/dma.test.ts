import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HostCallError, type HostAddress } from "backplane";
import type { VfioContainer, VfioDmaMap } from "backplane/plugins/vfio-helpers/contract";
import { Dma } from "../../../plugins/vfio-helpers/helpers/dma.ts";

const PAGE = 4096;
const at = (address: number): HostAddress => address as HostAddress;

/** A container that keeps a list, and refuses what overlaps or is too much. */
function listing(limit = Infinity) {
  let maps: VfioDmaMap[] = [];
  let calls = 0;
  const container: VfioContainer = {
    apiVersion: () => 0,
    hasExtension: () => true,
    setIommu: () => undefined,
    info: () => ({ pageSizes: PAGE }),
    mapDma(map) {
      calls++;
      if (maps.length >= limit) throw new HostCallError("mapDma", "ENOSPC");
      const overlaps = maps.some(({ iova, length }) => map.iova < iova + length && iova < map.iova + map.length);
      if (overlaps) throw new HostCallError("mapDma", "EEXIST");
      maps.push(map);
    },
    unmapDma(range) {
      calls++;
      const before = maps;
      maps = range === "all" ? [] : maps.filter(({ iova }) => iova < range.iova || iova >= range.iova + range.length);
      return before.length - maps.length;
    },
    close: () => undefined,
  };
  return { container, maps: () => maps, calls: () => calls };
}

describe("IOVAs", () => {
  test("fixed ones grow from 64 KiB, temporary ones down from 2^39", () => {
    const { container } = listing();
    const dma = new Dma(container, { pageSize: PAGE, ranges: undefined });
    expect(dma.map(at(0x100_0000), 2 * PAGE, "fixed")).toBe(0x1_0000);
    expect(dma.map(at(0x200_0000), PAGE, "fixed")).toBe(0x1_2000);
    expect(dma.map(at(0x300_0000), PAGE, "temporary")).toBe(2 ** 39 - PAGE);
    expect(dma.map(at(0x300_0000), PAGE, "temporary")).toBe(2 ** 39 - 2 * PAGE);
  });

  test("what a fixed mapping covers is mapped already", () => {
    const { container, calls } = listing();
    const dma = new Dma(container, { pageSize: PAGE, ranges: undefined });
    const iova = dma.map(at(0x100_0000), 8 * PAGE, "fixed");
    const before = calls();
    expect(dma.map(at(0x100_3000), 2 * PAGE, "temporary")).toBe(iova + 0x3000);
    expect(dma.iovaOf(at(0x100_7fff))).toBe(iova + 0x7fff);
    expect(dma.iovaOf(at(0x100_8000))).toBeUndefined();
    expect(calls()).toBe(before);
    // Of what it covers in part the rest would be missing.
    expect(dma.map(at(0x100_7000), 2 * PAGE, "temporary")).toBe(2 ** 39 - 2 * PAGE);
    expect(() => dma.map(at(0x100_7000), 2 * PAGE, "fixed")).toThrow("VFIO_MAP_DMA failed: File exists");
    expect(() => dma.map(at(0xff_f000), 2 * PAGE, "fixed")).toThrow("VFIO_MAP_DMA failed: File exists");
  });

  test("a mapping stays until all who asked for it have let go", () => {
    const { container, maps } = listing();
    const dma = new Dma(container, { pageSize: PAGE, ranges: undefined });
    dma.map(at(0x100_0000), 4 * PAGE, "fixed");
    dma.map(at(0x100_1000), PAGE, "fixed");
    dma.unmap(at(0x100_1000));
    expect(maps()).toHaveLength(1);
    dma.unmap(at(0x100_0000));
    expect(maps()).toHaveLength(0);
    dma.unmap(at(0x100_0000));
    expect(dma.map(at(0x100_0000), PAGE, "fixed"), "an IOVA is not used twice").toBe(0x1_4000);
  });

  test("only usable ranges are used", () => {
    const { container } = listing();
    const ranges = [
      { start: 0, end: 0x1_1fff },
      { start: 0x2_0000, end: 0x2_7fff },
      { start: 0x10_0000, end: 0x10_7fff },
    ];
    const dma = new Dma(container, { pageSize: PAGE, ranges });
    expect(dma.map(at(0x100_0000), 3 * PAGE, "fixed")).toBe(0x2_0000);
    expect(dma.map(at(0x200_0000), 2 * PAGE, "temporary")).toBe(0x10_6000);
    expect(() => dma.map(at(0x300_0000), 7 * PAGE, "temporary")).toThrow("temporary iova range not found");
    expect(dma.map(at(0x300_0000), 6 * PAGE, "temporary")).toBe(0x10_0000);
    expect(dma.map(at(0x300_0000), 5 * PAGE, "temporary")).toBe(0x2_3000);
    expect(() => dma.map(at(0x400_0000), PAGE, "fixed")).toThrow("iova exhausted (water mark reached)");
  });

  test("a failure takes nothing", () => {
    const { container } = listing(1);
    const dma = new Dma(container, { pageSize: PAGE, ranges: undefined });
    dma.map(at(0x100_0000), PAGE, "temporary");
    expect(() => dma.map(at(0x200_0000), PAGE, "fixed")).toThrow("VFIO_MAP_DMA failed: No space left on device");
    expect(() => dma.map(at(0x200_0000), PAGE, "temporary")).toThrow("No space left");
    dma.resetTemporary();
    expect(dma.map(at(0x200_0000), PAGE, "fixed")).toBe(0x1_0000);
  });

  test("both ends meet: exhausted, until the temporary ones go", () => {
    const { container } = listing();
    const dma = new Dma(container, { pageSize: PAGE, ranges: undefined });
    dma.map(at(0x100_0000), 2 ** 39 - 0x2_0000, "temporary");
    expect(() => dma.map(at(2 ** 41), 0x1_1000, "fixed")).toThrow("iova exhausted (water mark reached)");
    dma.resetTemporary();
    expect(dma.map(at(2 ** 41), 0x1_1000, "fixed")).toBe(0x1_0000);
  });

  test("nothing is temporary: nothing is asked of the host", () => {
    const { container, calls } = listing();
    new Dma(container, { pageSize: PAGE, ranges: undefined }).resetTemporary();
    expect(calls()).toBe(0);
  });
});

test("it agrees with a list of mappings, whatever comes", () => {
  const page = fc.integer({ min: 0, max: 20 });
  const step = fc.record({ act: fc.constantFrom("fixed", "temporary", "unmap", "reset"), page });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const { container, maps } = listing(12);
      const dma = new Dma(container, { pageSize: PAGE, ranges: undefined });
      const holders = new Map<number, { iova: number; count: number }>();
      let temporary = 0;
      for (const { act, page: index } of steps) {
        const host = at((index + 1) * 0x10_0000);
        const known = holders.get(host);
        if (act === "reset") {
          dma.resetTemporary();
          temporary = 0;
        } else if (act === "unmap") {
          dma.unmap(host);
          if (known !== undefined && --known.count === 0) holders.delete(host);
        } else if (known !== undefined) {
          expect(dma.map(host, PAGE, act === "fixed" ? "fixed" : "temporary")).toBe(known.iova);
          if (act === "fixed") known.count++;
        } else if (holders.size + temporary === 12) {
          expect(() => dma.map(host, PAGE, act === "fixed" ? "fixed" : "temporary")).toThrow("No space left");
        } else if (act === "fixed") holders.set(host, { iova: dma.map(host, PAGE, "fixed"), count: 1 });
        else {
          dma.map(host, PAGE, "temporary");
          temporary++;
        }
        expect(maps()).toHaveLength(holders.size + temporary);
        expect(dma.fixedMappings).toBe(holders.size);
        expect(dma.iovaOf(host)).toBe(holders.get(host)?.iova);
      }
      const iovas = maps().map(({ iova }) => iova);
      expect(new Set(iovas).size).toBe(iovas.length);
    }),
  );
});
