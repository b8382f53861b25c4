import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { byteLength, formatRAMBlockTable, GiB, KiB, MiB, ramAddress, type HostAddress, type RAMBlock } from "backplane";
import { codeOf, makeMemory } from "./machine-memory.ts";

const ALIGNMENT = 0x40000;

/** The seed's machine, in its order of creation; a name that comes later is set later. */
function makeSeedMachine() {
  const memory = makeMemory();
  const mem0 = memory.block("mem0", 256 * MiB, { idstr: null });
  const ram = memory.block("pc.ram", 20 * GiB);
  const rom = (name: string, size: number, maxSize?: number): void => {
    memory.regions.rom(name, byteLength(size), maxSize === undefined ? {} : { maxSize: byteLength(maxSize) });
  };
  rom("pc.bios", 0x40000);
  rom("pc.rom", 0x20000);
  memory.list.setIdstr(mem0, "mem0");
  memory.list.setMigratable(mem0, true);
  rom("/rom@etc/acpi/tables", 0x20000, 0x200000);
  rom("/rom@etc/table-loader", 34 * 128, 0x10000);
  rom("/rom@etc/acpi/rsdp", 20, 0x1000);
  return { ...memory, mem0, ram };
}

/** What the peer 10.0.2 printed on the seed's machine; the HVA column is the host's. */
const PEER_TABLE = `              Block Name    PSize              Offset               Used              Total                HVA  RO
                  pc.ram    4 KiB  0x0000000010000000 0x0000000500000000 0x0000000500000000 HVA  rw
                    mem0    4 KiB  0x0000000000000000 0x0000000010000000 0x0000000010000000 HVA  rw
    /rom@etc/acpi/tables    4 KiB  0x0000000510080000 0x0000000000020000 0x0000000000200000 HVA  ro
                 pc.bios    4 KiB  0x0000000510000000 0x0000000000040000 0x0000000000040000 HVA  ro
                  pc.rom    4 KiB  0x0000000510040000 0x0000000000020000 0x0000000000020000 HVA  ro
   /rom@etc/table-loader    4 KiB  0x0000000510280000 0x0000000000002000 0x0000000000010000 HVA  ro
      /rom@etc/acpi/rsdp    4 KiB  0x00000005102c0000 0x0000000000001000 0x0000000000001000 HVA  ro
`;

describe("the seed's machine", () => {
  test("has the peer's table of RAM blocks", () => {
    const { list } = makeSeedMachine();
    const printed = formatRAMBlockTable(list.blocks());
    expect(printed.replaceAll(/ 0x00007[0-9a-f]{11}(?= {2}r[ow]$)/gm, " HVA")).toBe(PEER_TABLE);
    expect(printed.split("\n").every((line) => line === "" || line.length === 114)).toBe(true);
  });

  test("has stable host addresses, aligned and apart", () => {
    const { list } = makeSeedMachine();
    const again = makeSeedMachine();
    const places = list.blocks().map((block) => block.hostAddress);
    expect(again.list.blocks().map((block) => block.hostAddress)).toEqual(places);
    for (const block of list.blocks()) {
      expect(block.hostAddress % (2 * MiB)).toBe(0);
      const others = list.blocks().filter((other) => other !== block);
      expect(
        others.some(
          (other) =>
            other.hostAddress < block.hostAddress + block.maxLength &&
            block.hostAddress < other.hostAddress + other.maxLength,
        ),
      ).toBe(false);
    }
  });

  test("finds blocks by name, ram address and host address", () => {
    const { list, ram, mem0 } = makeSeedMachine();
    expect(list.byIdstr("pc.ram")).toBe(ram);
    expect(list.byIdstr("")).toBeUndefined();
    expect(list.byRamAddress(ramAddress(0x10000005))).toEqual({ block: ram, offset: 5 });
    expect(list.byRamAddress(ramAddress(0xfffffff))).toEqual({ block: mem0, offset: 0xfffffff });
    // Reserved beyond the used length counts; what lies between blocks does not.
    expect(list.byRamAddress(ramAddress(0x510080000 + 0x1fffff))?.offset).toBe(0x1fffff);
    expect(list.byRamAddress(ramAddress(0x510060000))).toBeUndefined();
    expect(list.byRamAddress(ramAddress(0x520000000))).toBeUndefined();
    expect(list.byHostAddress((ram.hostAddress + 7) as HostAddress)).toEqual({ block: ram, offset: 7 });
    expect(list.byHostAddress((ram.hostAddress + ram.maxLength) as HostAddress)).toBeUndefined();
    expect(list.byHostAddress(0 as HostAddress)).toBeUndefined();
  });
});

describe("names", () => {
  test("join prefix and name, and are unique", () => {
    const { list, block } = makeMemory();
    const vga = block("vga.vram", 4096, { idstrPrefix: "0000:00:02.0" });
    expect(vga.idstr).toBe("0000:00:02.0/vga.vram");
    expect(() => block("vga.vram", 4096, { idstrPrefix: "0000:00:02.0" })).toThrow(
      'RAMBlock "0000:00:02.0/vga.vram" already registered, abort!',
    );
    expect(list.blocks()).toEqual([vga]);
    list.setIdstr(vga, "other");
    expect(list.byIdstr("0000:00:02.0/vga.vram")).toBeUndefined();
    expect(list.byIdstr("other")).toBe(vga);
    list.unsetIdstr(vga);
    expect(vga.idstr).toBe("");
    list.free(vga);
    expect(codeOf(() => list.setIdstr(vga, "late"))).toBe("RAM_BLOCK_UNKNOWN");
  });

  test("may be missing more than once", () => {
    const { list, block } = makeMemory();
    block("a", 4096, { idstr: null });
    block("b", 4096, { idstr: null });
    expect(list.blocks().map(({ idstr, migratable }) => ({ idstr, migratable }))).toEqual([
      { idstr: "", migratable: false },
      { idstr: "", migratable: false },
    ]);
  });
});

describe("sizes", () => {
  test("are rounded to pages in the block, and kept in the region", () => {
    const { block } = makeMemory();
    const rom = block("rom", 34 * 128, { maxSize: byteLength(0x10000) });
    expect([rom.usedLength, rom.maxLength, rom.region.size]).toEqual([0x2000, 0x10000, 34 * 128]);
    expect(rom.flags).toMatchObject({ resizeable: true, preallocated: false, shared: false });
  });

  test("within a page nobody is told, but the owner", () => {
    const { list, notifiers, block } = makeMemory();
    const sizes: number[] = [];
    const rom = block("rom", 5000, { maxSize: byteLength(0x10000), resized: (_, size) => sizes.push(size) });
    let told = 0;
    notifiers.add({ name: "n", ramBlockResized: () => told++ });
    list.resize(rom, byteLength(5000));
    list.resize(rom, byteLength(8192));
    expect([told, rom.usedLength, rom.region.size, sizes]).toEqual([0, 8192, 8192, [8192]]);
    list.resize(rom, byteLength(8193));
    expect([told, rom.usedLength, rom.region.size, sizes]).toEqual([1, 12288, 8193, [8192, 8193]]);
  });

  test("are refused in the peer's words", () => {
    const { list, block } = makeMemory();
    const tables = block("/rom@etc/acpi/tables", 0x20000, { maxSize: byteLength(0x200000) });
    const ram = block("pc.ram", 64 * MiB);
    expect(() => list.resize(tables, byteLength(0x200001))).toThrow(
      "Size too large: /rom@etc/acpi/tables: 0x201000 > 0x200000: Invalid argument",
    );
    expect(() => list.resize(ram, byteLength(128 * MiB))).toThrow(
      "Size mismatch: pc.ram: 0x8000000 != 0x4000000: Invalid argument",
    );
    expect(codeOf(() => block("none", 0))).toBe("RAM_BLOCK_SIZE");
    expect(codeOf(() => block("small", 8192, { maxSize: byteLength(4096) }))).toBe("RAM_BLOCK_SIZE");
    expect(list.blocks().length).toBe(2);
  });

  test("mark the whole block dirty, and nothing of what was cut off", () => {
    const { list, dirty, access, block } = makeMemory();
    const rom = block("rom", 0x20000, { maxSize: byteLength(0x40000) });
    dirty.log("migration");
    access.write(rom, 0x1f000, Uint8Array.of(1));
    list.resize(rom, byteLength(0x4000));
    const seen: number[] = [];
    const collect = {
      pages: 1000,
      count: 0,
      get: () => false,
      set: (page: number) => seen.push(page) > 0,
      clear: () => false,
      setRange: () => undefined,
      clearRange: () => undefined,
      next: () => 1000,
    };
    expect(dirty.sync("migration", rom, collect)).toBe(4);
    expect(seen).toEqual([0, 1, 2, 3]);
  });
});

test("a version for every block that comes or goes, and none for other changes", () => {
  const { list, block } = makeMemory();
  const a = block("a", 4096, { maxSize: byteLength(8192) });
  expect(list.version).toBe(1);
  list.resize(a, byteLength(8192));
  list.setIdstr(a, "b");
  expect(list.version).toBe(1);
  list.free(a);
  expect(list.version).toBe(2);
});

test("the list that a reader holds stays as it was", () => {
  const { list, block } = makeMemory();
  const a = block("a", 4096);
  const before = list.blocks();
  block("b", 4096);
  expect(before).toEqual([a]);
});

test("another machine's block is unknown", () => {
  const one = makeMemory();
  const other = makeMemory();
  other.block("x", 4096);
  const block = one.block("x", 4096);
  expect(codeOf(() => other.list.free(block))).toBe("RAM_BLOCK_UNKNOWN");
  expect(() => other.list.setMigratable(block, false)).toThrow("RAM block 'x' is not in this machine's list");
});

/** The peer's search, word for word: quadratic, over the list in its order. */
function peerPlace(blocks: readonly RAMBlock[], size: number): number {
  if (blocks.length === 0) return 0;
  let place = Infinity;
  let smallest = Infinity;
  let found = false;
  for (const block of blocks) {
    const candidate = Math.ceil((block.offset + block.maxLength) / ALIGNMENT) * ALIGNMENT;
    let next = Infinity;
    for (const other of blocks) if (other.offset >= candidate) next = Math.min(next, other.offset);
    if (next - candidate >= size && (next - candidate < smallest || !found)) {
      place = candidate;
      smallest = next - candidate;
      found = true;
    }
  }
  return place;
}

const sizes = fc.constantFrom(1, 4096, 0x20000, 0x40000, 0x40001, 0x80000, 0x100000, 0x7f000, 5 * MiB);

test.prop([
  fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.record({ size: sizes }) },
      { weight: 2, arbitrary: fc.record({ free: fc.nat() }) },
    ),
    { maxLength: 60 },
  ),
])("places and order are the peer's, whatever comes and goes", (sequence) => {
  const { list, block } = makeMemory();
  let serial = 0;
  for (const step of sequence) {
    if ("free" in step) {
      const victim = list.blocks()[step.free % Math.max(list.blocks().length, 1)];
      if (victim !== undefined) list.free(victim);
      continue;
    }
    const aligned = Math.ceil(step.size / 4096) * 4096;
    const expected = peerPlace(list.blocks(), aligned);
    const index = list.blocks().findIndex((other) => other.maxLength < aligned);
    const made = block(`b${serial++}`, step.size);
    expect(made.offset).toBe(expected);
    expect(list.blocks().indexOf(made)).toBe(index < 0 ? list.blocks().length - 1 : index);
    for (const other of list.blocks()) {
      expect(list.byRamAddress(ramAddress(other.offset + other.maxLength - 1))?.block).toBe(other);
      expect(list.byHostAddress((other.hostAddress + other.maxLength - 1) as HostAddress)?.block).toBe(other);
    }
  }
});

test("host memory that was given is the giver's; anonymous memory goes with its block", () => {
  const { list, block } = makeMemory();
  const own = block("own", 64 * KiB);
  own.host.writeUint(0, 1, 1);
  list.free(own);
  expect(codeOf(() => own.host.readUint(0, 1))).toBe("HOST_MEMORY_RANGE");
  const { host } = makeMemory().block("lender", 64 * KiB);
  const borrowed = block("borrowed", 64 * KiB, { host });
  expect(borrowed.flags.preallocated).toBe(true);
  list.free(borrowed);
  expect(host.readUint(0, 1)).toBe(0);
  expect(codeOf(() => block("longer", 128 * KiB, { host }))).toBe("RAM_BLOCK_SIZE");
});
