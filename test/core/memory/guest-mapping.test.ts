import { describe, expect, test } from "vitest";
import { byteLength, DensePageBitmap, guestAddress, regionOffset } from "backplane";
import { makeMemory } from "./machine-memory.ts";

const at = guestAddress;
const size = byteLength;

function setUp(maxBounceBufferSize?: number) {
  const memory = makeMemory();
  const { regions } = memory;
  const root = regions.container("root", size(0x100000));
  const ram = regions.ram("ram", size(0x10000));
  const registers = new Uint8Array(0x4000);
  const device = regions.io("device", size(0x4000), {
    read: (offset) => registers[offset] ?? 0,
    write: (offset, value) => {
      registers[offset] = value;
    },
    impl: { max: 1 },
  });
  root.addSubregion(at(0), ram);
  root.addSubregion(at(0x80000), device);
  const options = maxBounceBufferSize === undefined ? {} : { maxBounceBufferSize };
  return { ...memory, root, ram, registers, space: regions.addressSpace("device", root, options) };
}

describe("mapping guest memory", () => {
  test("of RAM is the RAM itself, as far as it goes, and marks what is written", () => {
    const { space, ram, dirty, regions, root } = setUp();
    const { ramBlock } = ram;
    if (ramBlock === undefined) throw new Error("no block");
    const mapping = space.map(at(0xf000), 0x4000, "write");
    expect([mapping?.isBounce, mapping?.length]).toEqual([false, 0x1000]);
    const logging = dirty.log("vga");
    mapping?.write(0x10, Uint8Array.of(1, 2, 3));
    expect(space.load(at(0xf010), 2)).toBe(0x0201);
    const pages = new DensePageBitmap(16);
    expect([dirty.sync("vga", ramBlock, pages), pages.get(15)]).toEqual([1, true]);
    void logging.dispose();
    const bytes = new Uint8Array(2);
    space.map(at(0xf010), 2, "read")?.read(0, bytes);
    expect([...bytes]).toEqual([1, 2]);
    mapping?.unmap();
    // Two aliases of one block that continue each other are one stretch.
    root.addSubregion(at(0x40000), regions.alias("low", ram, regionOffset(0x2000), size(0x1000)));
    root.addSubregion(at(0x41000), regions.alias("high", ram, regionOffset(0x3000), size(0x1000)));
    expect(space.map(at(0x40800), 0x2000, "write")?.length).toBe(0x1800);
  });

  test("of a device is a copy, read when it is mapped and written when it is unmapped", () => {
    const { space, registers } = setUp();
    registers.set([1, 2, 3, 4], 0x100);
    const reading = space.map(at(0x80100), 4, "read");
    expect([reading?.isBounce, reading?.length]).toEqual([true, 4]);
    registers.fill(0);
    const bytes = new Uint8Array(4);
    reading?.read(0, bytes);
    expect([...bytes]).toEqual([1, 2, 3, 4]);
    reading?.unmap();
    const writing = space.map(at(0x80100), 4, "write");
    writing?.write(0, Uint8Array.of(9, 8, 7, 6));
    expect(registers[0x100]).toBe(0);
    writing?.unmap(3);
    expect([...registers.subarray(0x100, 0x104)]).toEqual([9, 8, 7, 0]);
    writing?.unmap();
    expect(registers[0x103]).toBe(0);
  });

  test("copies no more than the space may at a time, and tells when there is room again", () => {
    const { space } = setUp();
    const first = space.map(at(0x80000), 0x3000, "write");
    expect(first?.length).toBe(4096);
    expect(space.map(at(0x80000), 1, "read")).toBeUndefined();
    // RAM needs no copy.
    expect(space.map(at(0), 16, "read")?.isBounce).toBe(false);
    const told: string[] = [];
    space.onMappable(() => void told.push("a"));
    const leaving = space.onMappable(() => void told.push("b"));
    void leaving.dispose();
    expect(told).toEqual([]);
    first?.unmap();
    first?.unmap();
    expect(told).toEqual(["a"]);
    space.onMappable(() => void told.push("at once"));
    expect(told).toEqual(["a", "at once"]);
    expect(space.map(at(0x80000), 0x3000, "write")?.length).toBe(4096);
  });

  test("has its limit from who made the space", () => {
    const { space } = setUp(6000);
    expect(space.map(at(0x80000), 0x3000, "write")?.length).toBe(6000);
    expect(setUp(0).space.map(at(0x80000), 8, "read")).toBeUndefined();
  });

  test("of ROM and of nothing: read directly, written and read as a copy", () => {
    const { space, root, regions, access } = setUp();
    const rom = regions.rom("rom", size(0x1000));
    root.addSubregion(at(0x20000), rom);
    if (rom.ramBlock !== undefined) access.write(rom.ramBlock, 0, Uint8Array.of(7));
    expect(space.map(at(0x20000), 16, "read")?.isBounce).toBe(false);
    const writing = space.map(at(0x20000), 16, "write");
    expect(writing?.isBounce).toBe(true);
    writing?.write(0, Uint8Array.of(1));
    writing?.unmap();
    expect(space.load(at(0x20000), 1)).toBe(7);
    const nothing = space.map(at(0x70000), 16, "read");
    const bytes = Uint8Array.of(5);
    nothing?.read(0, bytes);
    expect([nothing?.isBounce, bytes[0]]).toEqual([true, 0]);
    expect(space.map(at(0), 0, "read")).toBeUndefined();
  });

  test("of a passed-through device's RAM is a copy", () => {
    const { space, root, regions } = setUp();
    const bar = regions.ram("bar", size(0x1000), { ramDevice: true });
    root.addSubregion(at(0x30000), bar);
    expect(space.map(at(0x30000), 16, "write")?.isBounce).toBe(true);
    space.store(at(0x30000), 0x1234, 2);
    expect(space.load(at(0x30000), 2)).toBe(0x1234);
  });
});
