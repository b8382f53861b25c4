import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  AnonymousMemory,
  byteLength,
  DensePageBitmap,
  KiB,
  TARGET_PAGE_SIZE,
  type HostAddress,
  type HostPlacement,
  type RAMBlock,
} from "backplane";
import { codeOf, makeMemory } from "./machine-memory.ts";

const at = (address: number): HostAddress => address as HostAddress;

describe("the host's address space", () => {
  test("holds RAM blocks where they say they are", () => {
    const { hostSpace, block, access } = makeMemory();
    const ram = block("ram", 64 * KiB, { maxSize: byteLength(128 * KiB) });
    access.write(ram, 100, Uint8Array.of(1, 2, 3));
    const bytes = new Uint8Array(3);
    hostSpace.read(at(ram.hostAddress + 100), bytes);
    expect([...bytes]).toEqual([1, 2, 3]);
    expect(hostSpace.find(at(ram.hostAddress + 100))).toEqual({
      memory: ram.host,
      offset: 100,
      length: 128 * KiB - 100,
      block: ram,
    });
  });

  test("holds what is placed in it, page-aligned, for as long as it is placed", () => {
    const { hostSpace } = makeMemory();
    const memory = new AnonymousMemory(byteLength(5000));
    const placement = hostSpace.place(memory);
    const { address, length } = placement;
    expect([address % 4096, length]).toEqual([0, 5000]);
    hostSpace.write(at(address + 4998), Uint8Array.of(8, 9));
    expect(memory.readUint(4998, 2)).toBe(0x0908);
    expect(hostSpace.find(at(address + 4999))).toEqual({ memory, offset: 4999, length: 1, block: undefined });
    expect(hostSpace.find(at(address + 5000))).toBeUndefined();
    void placement.dispose();
    void placement.dispose();
    expect(hostSpace.find(address)).toBeUndefined();
    // The memory is still its owner's.
    expect(memory.readUint(4998, 2)).toBe(0x0908);
  });

  test("marks dirty what is written to a block, and does nothing when a part is missing", () => {
    const { hostSpace, block, dirty } = makeMemory();
    const ram = block("ram", 64 * KiB);
    const log = dirty.log("migration");
    const pages = new DensePageBitmap(16);
    dirty.sync("migration", ram, pages);
    for (let page = 0; page < 16; page++) pages.clear(page);
    hostSpace.write(at(ram.hostAddress + 3 * TARGET_PAGE_SIZE), Uint8Array.of(1));
    dirty.sync("migration", ram, pages);
    expect([pages.count, pages.next(0)]).toEqual([1, 3]);
    const end = ram.hostAddress + 64 * KiB;
    expect(() => hostSpace.write(at(end - 2), Uint8Array.of(1, 1, 1))).toThrow(
      `nothing lies at host address 0x${end.toString(16)}`,
    );
    expect(ram.host.readUint(64 * KiB - 2, 2)).toBe(0);
    void log.dispose();
  });

  test.each([0, -1, Number.MAX_SAFE_INTEGER, Number.NaN, 16 * 2 ** 40, 127 * 2 ** 40])(
    "has nothing at %d of its own accord",
    (address) => {
      const { hostSpace } = makeMemory();
      expect(hostSpace.find(at(address))).toBeUndefined();
      expect(codeOf(() => hostSpace.read(at(address), new Uint8Array(1)))).toBe("HOST_ADDRESS_UNMAPPED");
    },
  );
});

/** What the property does; stretches are numbers, taken modulo how many there are. */
const operations = fc.array(
  fc.oneof(
    fc.record({ op: fc.constant("place" as const), size: fc.integer({ min: 1, max: 70_000 }) }),
    fc.record({ op: fc.constant("allocate" as const), size: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ op: fc.constant("release" as const), which: fc.nat() }),
    fc.record({
      op: fc.constant("write" as const),
      which: fc.nat(),
      offset: fc.nat({ max: 80_000 }),
      bytes: fc.uint8Array({ maxLength: 50 }),
    }),
  ),
  { maxLength: 40 },
);

/** One that lies in the naive space: its bytes, and how it goes. */
interface Stretch {
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly release: () => void;
}

test.prop([operations], { numRuns: 150 })(
  "equals a plain list of stretches, whatever comes, goes and is written",
  (sequence) => {
    const { hostSpace, block, list } = makeMemory();
    const stretches: Stretch[] = [];
    const placed = (placement: HostPlacement): Stretch => ({
      address: placement.address,
      bytes: new Uint8Array(placement.length),
      release: () => void placement.dispose(),
    });
    const allocated = (ram: RAMBlock): Stretch => ({
      address: ram.hostAddress,
      bytes: new Uint8Array(ram.maxLength),
      release: () => list.free(ram),
    });
    const holder = (address: number): Stretch | undefined =>
      stretches.find((one) => address >= one.address && address < one.address + one.bytes.length);
    for (const [serial, operation] of sequence.entries()) {
      const some = "which" in operation ? stretches[operation.which % Math.max(stretches.length, 1)] : undefined;
      if (operation.op === "place") {
        stretches.push(placed(hostSpace.place(new AnonymousMemory(byteLength(operation.size)))));
      } else if (operation.op === "allocate") {
        stretches.push(allocated(block(`b${serial}`, operation.size * 4096)));
      } else if (some === undefined) {
        continue;
      } else if (operation.op === "release") {
        some.release();
        stretches.splice(stretches.indexOf(some), 1);
        expect(hostSpace.find(at(some.address))).toBeUndefined();
      } else {
        const address = some.address + operation.offset;
        const target = holder(address);
        const fits = target !== undefined && address + operation.bytes.length <= target.address + target.bytes.length;
        const code = codeOf(() => hostSpace.write(at(address), operation.bytes));
        expect(code).toBe(fits ? undefined : "HOST_ADDRESS_UNMAPPED");
        if (fits) target.bytes.set(operation.bytes, address - target.address);
      }
    }
    for (const { address, bytes } of stretches) {
      const seen = new Uint8Array(bytes.length);
      hostSpace.read(at(address), seen);
      expect(Buffer.compare(seen, bytes)).toBe(0);
      // No two lie in each other's way, nor side by side.
      const others = stretches.filter((other) => other.address !== address);
      expect(
        others.every((other) => other.address > address + bytes.length || other.address + other.bytes.length < address),
      ).toBe(true);
    }
  },
);
