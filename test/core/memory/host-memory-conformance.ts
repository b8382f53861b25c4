import { fc, test } from "@fast-check/vitest";
import { afterEach, describe, expect } from "vitest";
import { byteLength, KiB, type ByteLength, type HostMemory } from "backplane";
import { codeOf } from "./machine-memory.ts";

const LENGTH = byteLength(512 * KiB);

type Act =
  | { readonly act: "write"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly act: "fill"; readonly offset: number; readonly length: number; readonly value: number }
  | { readonly act: "uint"; readonly offset: number; readonly size: 1 | 2 | 4; readonly value: number }
  | { readonly act: "borrow"; readonly offset: number; readonly length: number; readonly value: number }
  | { readonly act: "discard"; readonly offset: number; readonly length: number };

/** Offsets near the borders of pages and chunks, where mistakes live. */
const offset = fc.oneof(
  fc.nat({ max: LENGTH - 1 }),
  fc
    .tuple(fc.nat({ max: 7 }), fc.integer({ min: -4, max: 4 }))
    .map(([chunk, by]) => Math.max(0, chunk * 64 * KiB + by)),
);

const acts: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ act: fc.constant("write" as const), offset, bytes: fc.uint8Array({ maxLength: 100 }) }),
  fc.record({
    act: fc.constant("write" as const),
    offset,
    bytes: fc.nat({ max: 140_000 }).map((size) => new Uint8Array(size)),
  }),
  fc.record({
    act: fc.constant("fill" as const),
    offset,
    length: fc.nat({ max: 200_000 }),
    value: fc.constantFrom(0, 0, 7, 255),
  }),
  fc.record({
    act: fc.constant("uint" as const),
    offset,
    size: fc.constantFrom(1, 2, 4),
    value: fc.nat({ max: 0xffffffff }),
  }),
  fc.record({
    act: fc.constant("borrow" as const),
    offset,
    length: fc.nat({ max: 200_000 }),
    value: fc.constantFrom(0, 3),
  }),
  fc.record({ act: fc.constant("discard" as const), offset, length: fc.nat({ max: 200_000 }) }),
);

/** Carries the act out on the memory and on the plain bytes that it must equal. */
function apply(memory: HostMemory, plain: Uint8Array, act: Act): void {
  const room = LENGTH - act.offset;
  switch (act.act) {
    case "write": {
      const bytes = act.bytes.subarray(0, room);
      memory.write(act.offset, bytes);
      plain.set(bytes, act.offset);
      return;
    }
    case "fill": {
      const length = Math.min(act.length, room);
      memory.fill(act.offset, length, act.value);
      plain.fill(act.value, act.offset, act.offset + length);
      return;
    }
    case "borrow": {
      const length = Math.min(act.length, room);
      const views: Uint8Array[] = [];
      memory.borrow(act.offset, length, "write", views);
      for (const view of views) view.fill(act.value);
      plain.fill(act.value, act.offset, act.offset + length);
      return;
    }
    case "discard": {
      const length = Math.min(act.length, room);
      memory.discard(act.offset, length);
      plain.fill(0, act.offset, act.offset + length);
      return;
    }
    case "uint": {
      if (act.size > room) return;
      const value = act.size === 4 ? act.value : act.value % 2 ** (8 * act.size);
      memory.writeUint(act.offset, act.size, value);
      for (let i = 0; i < act.size; i++) plain[act.offset + i] = Math.floor(value / 2 ** (8 * i));
    }
  }
}

/**
 * Puts a kind of host memory through everything that `HostMemory` promises. `make` gives memory of the wanted length,
 * with `content` in it from its start.
 */
export function describeHostMemory(name: string, make: (length: ByteLength, content: Uint8Array) => HostMemory): void {
  describe(`${name} as host memory`, () => {
    const made: HostMemory[] = [];
    const memoryOf = (length: ByteLength, content = new Uint8Array()): HostMemory => {
      const memory = make(length, content);
      made.push(memory);
      return memory;
    };
    afterEach(() => {
      for (const memory of made.splice(0)) void memory.dispose();
    });

    test("is zero and known to be zero where nothing was written", () => {
      const memory = memoryOf(LENGTH);
      expect(memory.isKnownZero(0, LENGTH)).toBe(true);
      expect(memory.nextResident(0, LENGTH)).toBe(LENGTH);
      const bytes = new Uint8Array(1000).fill(1);
      memory.read(65_000, bytes);
      expect(bytes).toEqual(new Uint8Array(1000));
      expect(memory.readUint(LENGTH - 4, 4)).toBe(0);
    });

    test("stays known to be zero when it is only read, or zero is written", () => {
      const memory = memoryOf(LENGTH);
      // The host's kernel backs a shared page as soon as it is looked at.
      if (memory.shared) return;
      const before = memory.residentBytes();
      memory.write(100, new Uint8Array(200_000));
      memory.read(0, new Uint8Array(LENGTH));
      memory.readUint(4096, 4);
      expect(memory.isKnownZero(0, LENGTH)).toBe(true);
      expect(memory.residentBytes()).toBe(before);
    });

    test("finds what was written, from any place before it", () => {
      const memory = memoryOf(LENGTH);
      memory.writeUint(300_001, 1, 9);
      for (const from of [0, 65_536, 200_000, 300_001]) {
        const found = memory.nextResident(from, LENGTH);
        expect(found).toBeGreaterThanOrEqual(from);
        expect(found).toBeLessThanOrEqual(300_001);
      }
      expect(memory.nextResident(0, 100_000)).toBe(100_000);
      expect(memory.isKnownZero(300_000, 2)).toBe(false);
      expect(memory.residentBytes()).toBeGreaterThan(0);
    });

    test("gives memory back on discard", () => {
      const memory = memoryOf(LENGTH);
      memory.fill(64 * KiB, 128 * KiB, 5);
      const full = memory.residentBytes();
      for (let page = 64 * KiB; page < 192 * KiB; page += 4 * KiB) memory.discard(page, 4 * KiB);
      expect(memory.residentBytes()).toBeLessThan(full);
      expect(memory.isKnownZero(0, LENGTH)).toBe(true);
    });

    test("refuses what leaves it, and everything once disposed", () => {
      const memory = memoryOf(LENGTH);
      const outside = [
        () => memory.read(LENGTH - 1, new Uint8Array(2)),
        () => memory.write(LENGTH, new Uint8Array(1)),
        () => memory.write(-1, new Uint8Array(1)),
        () => memory.fill(0, LENGTH + 1, 0),
        () => memory.readUint(LENGTH - 3, 4),
        () => memory.writeUint(LENGTH - 1, 2, 0),
        () => memory.isKnownZero(0, LENGTH + 1),
        () => memory.readUint(Number.NaN, 1),
        () => memory.borrow(LENGTH - 1, 2, "read", []),
        () => memory.borrow(-1, 1, "write", []),
      ];
      for (const act of outside) expect(codeOf(act)).toBe("HOST_MEMORY_RANGE");
      memory.read(LENGTH, new Uint8Array());
      void memory.dispose();
      void memory.dispose();
      expect(codeOf(() => memory.readUint(0, 1))).toBe("HOST_MEMORY_RANGE");
      expect(codeOf(() => memory.write(0, new Uint8Array(1)))).toBe("HOST_MEMORY_RANGE");
      expect(codeOf(() => memory.borrow(0, 1, "read", []))).toBe("HOST_MEMORY_RANGE");
    });

    test("lends its bytes: what is written through the views is in the memory, and the other way round", () => {
      const memory = memoryOf(
        LENGTH,
        Uint8Array.from({ length: 70_000 }, (_, index) => index % 251),
      );
      const [offset, length] = [65_000, 140_000];
      const views = [Uint8Array.of(1)];
      memory.borrow(offset, length, "write", views);
      // Appended, in order, without a gap.
      const lent = views.slice(1);
      expect(views[0]).toEqual(Uint8Array.of(1));
      expect(lent.reduce((sum, view) => sum + view.length, 0)).toBe(length);
      const bytes = new Uint8Array(length);
      memory.read(offset, bytes);
      expect(Buffer.compare(Buffer.concat(lent), bytes)).toBe(0);
      let value = 0;
      for (const view of lent) for (let at = 0; at < view.length; at++) view[at] = value++ & 0xff;
      memory.read(offset, bytes);
      expect(bytes.every((byte, index) => byte === (index & 0xff))).toBe(true);
      expect(memory.readUint(offset - 1, 1)).toBe((offset - 1) % 251);
      memory.fill(offset, 3, 9);
      expect([...(lent[0]?.subarray(0, 3) ?? [])]).toEqual([9, 9, 9]);
    });

    test("lends for reading without taking anything for it", () => {
      const memory = memoryOf(LENGTH);
      const before = memory.residentBytes();
      const views: Uint8Array[] = [];
      memory.borrow(60_000, 200_000, "read", views);
      memory.borrow(LENGTH, 0, "read", views);
      expect(Buffer.compare(Buffer.concat(views), Buffer.alloc(200_000))).toBe(0);
      if (memory.shared) return;
      expect(memory.isKnownZero(0, LENGTH)).toBe(true);
      expect(memory.residentBytes()).toBe(before);
    });

    test("shows what its backing holds, and writes over it", () => {
      const content = Uint8Array.from({ length: 70_000 }, (_, index) => index % 251);
      const memory = memoryOf(LENGTH, content);
      const bytes = new Uint8Array(70_010);
      memory.read(0, bytes);
      expect(bytes.subarray(0, 70_000)).toEqual(content);
      expect(memory.readUint(65_534, 4)).toBe(new DataView(content.buffer).getUint32(65_534, true));
      memory.writeUint(65_535, 2, 0xabcd);
      memory.read(0, bytes);
      expect([...bytes.subarray(65_533, 65_539)]).toEqual([
        content[65_533],
        content[65_534],
        0xcd,
        0xab,
        content[65_537],
        content[65_538],
      ]);
      memory.discard(0, 128 * KiB);
      expect(memory.isKnownZero(0, LENGTH)).toBe(true);
    });

    test.prop([fc.array(acts, { maxLength: 12 }), fc.boolean()], { numRuns: 40 })(
      "equals plain bytes, whatever is done",
      (sequence, withContent) => {
        const content = withContent
          ? Uint8Array.from({ length: 80_000 }, (_, index) => (index * 7) & 0xff)
          : new Uint8Array();
        const memory = memoryOf(LENGTH, content);
        const plain = new Uint8Array(LENGTH);
        plain.set(content);
        for (const act of sequence) apply(memory, plain, act);
        const bytes = new Uint8Array(LENGTH);
        memory.read(0, bytes);
        expect(Buffer.compare(bytes, plain)).toBe(0);
        // The table never calls zero what is not, and leads to every byte that is not zero.
        for (let at = 0; at < LENGTH;) {
          const next = memory.nextResident(at, LENGTH);
          expect(Buffer.compare(plain.subarray(at, next), new Uint8Array(next - at))).toBe(0);
          expect(memory.isKnownZero(at, next - at)).toBe(true);
          at = next + 4096;
        }
      },
    );
  });
}
