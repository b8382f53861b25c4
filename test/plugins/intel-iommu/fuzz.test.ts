import fc from "fast-check";
import { expect, test } from "vitest";
import { IOMMU_NONE, IOMMU_READ, IOMMU_WRITE } from "backplane";
import { q35, withBoard } from "../pci/board.ts";
import { Guest, QUEUE, ROOT, TABLES, UNIT } from "./guest.ts";

const word = fc.integer({ min: 0, max: 0xffff_ffff });
/** Values that make something happen, among any others. */
const value = fc.oneof(
  word,
  fc.constantFrom(ROOT, ROOT | 0x400, QUEUE, QUEUE | 0x807, TABLES | 3, 0x8000_0000, 0xc400_0000, 0xffff_ffff),
);
const step = fc.oneof(
  fc.record({ kind: fc.constant("register" as const), at: fc.nat(0x8b).map((index) => index * 4), value }),
  fc.record({
    kind: fc.constant("memory" as const),
    at: fc.tuple(fc.constantFrom(ROOT, 0x10_1000, TABLES, QUEUE), fc.nat(0x3ff)).map(([base, at]) => base + at * 4),
    value,
  }),
  fc.record({ kind: fc.constant("request" as const), at: fc.double({ min: 0, max: 2 ** 52, noNaN: true }), value }),
  fc.record({
    kind: fc.constant("message" as const),
    at: fc.nat(0x3ffff).map((at) => 0xfee0_0000 + at * 4),
    value,
  }),
);

test.each(["caching-mode=on", "x-scalable-mode=on,caching-mode=on,device-iotlb=on", "x-scalable-mode=on,x-flts=on"])(
  "whatever a guest writes, with %s, ends and throws nothing",
  (options) =>
    withBoard(q35("-device", `intel-iommu,${options}`), (board) => {
      const guest = new Guest(board);
      const { function: subject } = guest;
      guest.context();
      guest.translate();
      const kinds = options.includes("caching-mode") ? (["map", "unmap"] as const) : (["unmap"] as const);
      guest.region.addNotifier({ events: kinds, notify: () => undefined });
      const bytes = new Uint8Array(24);
      fc.assert(
        fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
          for (const { kind, at, value: written } of steps) {
            if (kind === "register") board.store(UNIT + at, written);
            else if (kind === "memory") board.store(at, written);
            else if (kind === "message") subject.writeMemory(at, new Uint8Array(Uint32Array.of(written).buffer));
            else if (written % 2 === 0) subject.readMemory(Math.floor(at), bytes);
            else subject.writeMemory(Math.floor(at), bytes);
          }
        }),
        { numRuns: 120 },
      );
      expect(board.load(UNIT)).toBe(0x10);
    }),
);

test("a queue of garbage ends, wherever it stops", () =>
  withBoard(q35("-device", "intel-iommu,x-scalable-mode=on,caching-mode=on"), (board) => {
    const guest = new Guest(board);
    guest.context();
    guest.translate();
    guest.region.addNotifier({ events: ["map", "unmap"], notify: () => undefined });
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 256, maxLength: 256 }),
        fc.boolean(),
        fc.nat(0x7fff),
        (bytes, wide, tail) => {
          for (let at = 0; at < bytes.length; at++) board.store(QUEUE + at, bytes[at] ?? 0, 1);
          board.store(UNIT + 0x90, QUEUE | 7 | (wide ? 0x800 : 0));
          board.store(UNIT + 0x18, 0x8400_0000);
          board.store(UNIT + 0x88, tail * 16);
          board.store(UNIT + 0x34, 0x11);
          board.store(UNIT + 0x18, 0x8000_0000);
        },
      ),
      { numRuns: 60 },
    );
    for (const access of [IOMMU_NONE, IOMMU_READ, IOMMU_WRITE]) {
      expect(guest.translation(0x5000, access).permission).toBe(0);
    }
  }));
