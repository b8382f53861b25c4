import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  ACCESS_BY_PROCESSOR,
  ACCESS_DEBUG,
  ACCESS_DECODE_ERROR,
  ACCESS_OK,
  byteLength,
  GiB,
  guestAddress,
  KiB,
  regionOffset,
  WHOLE_SPACE,
  type MemoryRegionOps,
} from "backplane";
import { codeOf, makeMemory } from "./machine-memory.ts";

const at = guestAddress;
const size = byteLength;

/** A device that notes its accesses and answers with its offsets. */
function probe(rules: Omit<MemoryRegionOps, "read" | "write"> = {}) {
  const log: string[] = [];
  const ops: MemoryRegionOps = {
    ...rules,
    read(offset, width) {
      log.push(`r${width}@${offset}`);
      return 0x44332211;
    },
    write(offset, value, width) {
      log.push(`w${width}@${offset}=${value.toString(16)}`);
    },
  };
  return { log, ops };
}

function withDevice(rules: Omit<MemoryRegionOps, "read" | "write"> = {}, length = 64) {
  const memory = makeMemory();
  const { log, ops } = probe(rules);
  memory.memory.root.addSubregion(at(0x1000), memory.regions.io("device", size(length), ops));
  return { ...memory, space: memory.memory, log };
}

describe("unassigned", () => {
  test("memory reads 0 and takes no writes, as in the peer; ports read all ones", () => {
    const { memory, io } = makeMemory();
    expect(memory.load(at(0xd0000000), 4)).toBe(0);
    memory.store(at(0xd0000000), 1, 4);
    memory.write(at(5), Uint8Array.of(1));
    const bytes = Uint8Array.of(9, 9);
    memory.read(at(0xfe000000), bytes);
    expect([...bytes]).toEqual([0, 0]);
    expect(memory.load64(at(0x8000000000))).toBe(0n);
    expect([io.load(at(0x5000), 1), io.load(at(0x5000), 2), io.load(at(0x5000), 4)]).toEqual([
      0xff, 0xffff, 0xffffffff,
    ]);
    io.store(at(0x80), 1, 1);
    // Unaligned to a port that nobody has: the peer's answer too.
    expect(io.load(at(0xcf6), 4)).toBe(0);
    expect(memory.find(at(0))).toBeUndefined();
    expect(io.find(at(7))?.region.name).toBe("io");
    expect([memory.root.size, io.root.size]).toEqual([WHOLE_SPACE, 64 * KiB]);
  });
});

describe("ram", () => {
  test("is read and written in any size, across pages, chunks and ranges", () => {
    const { memory, regions } = makeMemory();
    const ram = regions.ram("ram", size(256 * KiB));
    memory.root.addSubregion(at(0x10000), regions.alias("low", ram, regionOffset(0), size(0x10000)));
    memory.root.addSubregion(at(0x20000), regions.alias("high", ram, regionOffset(0x20000), size(0x10000)));
    expect(
      memory.ranges().map(({ start, length, region, offsetInRegion }) => [start, length, region.name, offsetInRegion]),
    ).toEqual([
      [0x10000, 0x10000, "ram", 0],
      [0x20000, 0x10000, "ram", 0x20000],
    ]);
    memory.store(at(0x1fffe), 0x44332211, 4);
    expect(memory.load(at(0x1fffe), 4)).toBe(0x44332211);
    expect(ram.ramBlock?.host.readUint(0x20000, 2)).toBe(0x4433);
    memory.store64(at(0x1fffb), 0xfedcba9876543210n);
    expect(memory.load64(at(0x1fffb))).toBe(0xfedcba9876543210n);
    // Half of it stands nowhere.
    memory.store(at(0xfffe), 0x44332211, 4);
    expect(memory.load(at(0xfffe), 4)).toBe(0x44330000);
    const bytes = new Uint8Array(8);
    memory.read(at(0xfffe), bytes);
    expect([...bytes.subarray(0, 4)]).toEqual([0, 0, 0x33, 0x44]);
  });

  test("that is read-only by itself takes no writes; by an alias only, none of a processor's", () => {
    const { memory, regions, access } = makeMemory();
    const ram = regions.ram("ram", size(0x10000));
    const rom = regions.rom("rom", size(0x10000));
    const pam = regions.alias("pam", ram, regionOffset(0), size(0x4000));
    memory.root.addSubregion(at(0), ram);
    memory.root.addSubregion(at(0x20000), rom);
    memory.root.addSubregion(at(0), pam, 1);
    pam.setReadonly(true);
    expect(memory.store(at(0x3ffe), 0x44332211, 4, ACCESS_BY_PROCESSOR)).toBe(ACCESS_OK);
    expect(memory.load(at(0x3ffe), 4)).toBe(0x44330000);
    // As in the peer: qtest and devices write RAM that PAM made read-only.
    expect(memory.write(at(0x3ff0), Uint8Array.of(9))).toBe(ACCESS_OK);
    expect(memory.load(at(0x3ff0), 1)).toBe(9);
    expect(memory.write(at(0x20000), Uint8Array.of(1))).toBe(ACCESS_DECODE_ERROR);
    expect(memory.write(at(0x20000), Uint8Array.of(1), ACCESS_BY_PROCESSOR)).toBe(ACCESS_OK);
    expect(memory.load(at(0x20000), 1)).toBe(0);
    expect(memory.write(at(0x20000), Uint8Array.of(1), ACCESS_DEBUG)).toBe(ACCESS_OK);
    expect(memory.load(at(0x20000), 1)).toBe(1);
    if (rom.ramBlock !== undefined) access.write(rom.ramBlock, 0, Uint8Array.of(5));
    expect(memory.load(at(0x20000), 1)).toBe(5);
    pam.setReadonly(false);
    memory.store(at(0x10), 7, 1);
    expect(memory.load(at(0x10), 1)).toBe(7);
    expect([rom.kind, ram.kind, pam.kind]).toEqual(["rom", "ram", "alias"]);
  });

  test("that was freed is not there any more", () => {
    const { memory, regions, list } = makeMemory();
    const ram = regions.ram("ram", size(0x10000));
    memory.root.addSubregion(at(0), ram);
    memory.store(at(0), 1, 1);
    if (ram.ramBlock !== undefined) list.free(ram.ramBlock);
    expect(ram.ramBlock).toBeUndefined();
    expect(memory.load(at(0), 1)).toBe(0);
    const other = regions.ram("other", size(0x10000));
    memory.root.addSubregion(at(0x10000), other);
    regions.destroy(other);
    expect([memory.ranges(), list.blocks(), other.container]).toEqual([[], [], undefined]);
  });

  test("shows only what a resize left", () => {
    const { memory, regions, list } = makeMemory();
    const rom = regions.rom("rom", size(0x1000), { maxSize: size(0x4000) });
    memory.root.addSubregion(at(0), rom);
    if (rom.ramBlock !== undefined) list.resize(rom.ramBlock, size(0x1800));
    expect(memory.ranges()[0]?.length).toBe(0x1800);
  });
});

describe("a device", () => {
  test("gets each access whole, little-endian, with its offset", () => {
    const { space, log } = withDevice();
    expect(space.load(at(0x1004), 4)).toBe(0x44332211);
    expect(space.load(at(0x1004), 2)).toBe(0x2211);
    expect(space.load(at(0x1003), 1)).toBe(0x11);
    space.store(at(0x1008), 0xdeadbeef, 4);
    space.store(at(0x1008), 0x1ff, 1);
    expect(log).toEqual(["r4@4", "r2@4", "r1@3", "w4@8=deadbeef", "w1@8=ff"]);
  });

  test("does not get what it does not accept", () => {
    const { space, log } = withDevice({ valid: { min: 2, max: 2 } });
    expect([space.load(at(0x1000), 1), space.load(at(0x1000), 4), space.load(at(0x1001), 2)]).toEqual([0, 0, 0]);
    space.store(at(0x1000), 1, 4);
    expect(log).toEqual([]);
    expect(space.load(at(0x1002), 2)).toBe(0x2211);
    const unaligned = withDevice({ valid: { unaligned: true } });
    expect(unaligned.space.load(at(0x1001), 4)).toBe(0x44332211);
  });

  test("is given narrower accesses where it takes no wider ones, and wider where it takes no narrower", () => {
    const bytes = withDevice({ impl: { max: 1 } });
    expect(bytes.space.load(at(0x1000), 4)).toBe(0x11111111);
    bytes.space.store(at(0x1000), 0xaabbccdd, 4);
    expect(bytes.log).toEqual(["r1@0", "r1@1", "r1@2", "r1@3", "w1@0=dd", "w1@1=cc", "w1@2=bb", "w1@3=aa"]);
    const words = withDevice({ impl: { min: 4 } });
    expect(words.space.load(at(0x1002), 1)).toBe(0x11);
    words.space.store(at(0x1002), 0x77, 1);
    expect(words.log).toEqual(["r4@2", "w4@2=77"]);
  });

  test("that is big-endian has its bytes swapped, split or not", () => {
    const whole = withDevice({ endianness: "big" });
    expect(whole.space.load(at(0x1000), 4)).toBe(0x11223344);
    whole.space.store(at(0x1000), 0xaabb, 2);
    expect(whole.log).toEqual(["r4@0", "w2@0=bbaa"]);
    const halves = withDevice({ endianness: "big", impl: { max: 2 } });
    expect(halves.space.load(at(0x1000), 4)).toBe(0x11221122);
    halves.space.store(at(0x1000), 0xaabbccdd, 4);
    expect(halves.log).toEqual(["r2@0", "r2@2", "w2@0=ddcc", "w2@2=bbaa"]);
    const wide = withDevice({ endianness: "big", impl: { min: 4 } });
    expect(wide.space.load(at(0x1000), 1)).toBe(0x44);
    wide.space.store(at(0x1000), 0x77, 1);
    expect(wide.log).toEqual(["r4@0", "w4@0=77000000"]);
  });

  test("gets 8 bytes in two halves, checked as one where it says so", () => {
    const { space, log } = withDevice({ valid: { max: 8 } });
    expect(space.load64(at(0x1008))).toBe(0x4433221144332211n);
    space.store64(at(0x1008), 0x1122334455667788n);
    expect(space.load64(at(0x1004))).toBe(0n);
    expect(log).toEqual(["r4@8", "r4@12", "w4@8=55667788", "w4@12=11223344"]);
    const four = withDevice();
    expect(four.space.load64(at(0x1004))).toBe(0n);
    const only8 = withDevice({ valid: { min: 8, max: 8 } });
    expect(only8.space.load(at(0x1000), 4)).toBe(0);
    expect(only8.space.load64(at(0x1000))).toBe(0x4433221144332211n);
    const strict = withDevice({ valid: { max: 4 } });
    strict.space.store64(at(0x1000), 1n);
    expect(strict.log).toEqual(["w4@0=1", "w4@4=0"]);
  });

  test("is read in bulk in the largest aligned accesses that it accepts", () => {
    const { space, log } = withDevice();
    const bytes = new Uint8Array(11);
    space.read(at(0x1001), bytes);
    expect(log.splice(0)).toEqual(["r1@1", "r2@2", "r4@4", "r4@8"]);
    expect([...bytes]).toEqual([0x11, 0x11, 0x22, 0x11, 0x22, 0x33, 0x44, 0x11, 0x22, 0x33, 0x44]);
    space.write(at(0x1000), Uint8Array.of(1, 2, 3, 4, 5, 6, 7));
    expect(log.splice(0)).toEqual(["w4@0=4030201", "w2@4=605", "w1@6=7"]);
    const wide = withDevice({ valid: { max: 8 } });
    wide.space.write(at(0x1000), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    expect(wide.log).toEqual(["w4@0=4030201", "w4@4=8070605"]);
    const narrow = withDevice({ valid: { max: 1 } });
    narrow.space.write(at(0x1000), Uint8Array.of(1, 2));
    expect(narrow.log).toEqual(["w1@0=1", "w1@1=2"]);
  });

  test("gets an access that starts in it, even where another device begins inside of it", () => {
    const { io, regions } = makeMemory();
    const bridge = probe();
    const reset = probe();
    io.root.addSubregion(at(0xcf8), regions.io("pci-conf-idx", size(4), bridge.ops));
    io.root.addSubregion(at(0xcf9), regions.io("reset", size(1), reset.ops), 1);
    io.store(at(0xcf8), 0x80000000, 4);
    io.store(at(0xcf9), 6, 1);
    expect([bridge.log, reset.log]).toEqual([["w4@0=80000000"], ["w1@0=6"]]);
  });
});

describe("transactions", () => {
  test("render once, at the end of the outermost, even when it throws", () => {
    const { memory, regions } = makeMemory();
    const { version } = memory;
    const ram = regions.ram("ram", size(4096));
    regions.transaction(() => {
      memory.root.addSubregion(at(0), ram);
      regions.transaction(() =>
        memory.root.addSubregion(at(0x1000), regions.alias("again", ram, regionOffset(0), size(4096))),
      );
      expect(memory.ranges()).toEqual([]);
    });
    expect([memory.version, memory.ranges().length]).toEqual([version + 1, 2]);
    expect(() =>
      regions.transaction(() => {
        ram.setEnabled(false);
        throw new Error("half-way");
      }),
    ).toThrow("half-way");
    expect(memory.ranges()).toEqual([]);
    memory.root.setEnabled(true);
    expect(memory.version).toBe(version + 2);
  });

  test("reach every address space over the tree, until it is disposed", () => {
    const { memory, regions } = makeMemory();
    const dma = regions.addressSpace("dma", regions.alias("bus master", memory.root, regionOffset(0), WHOLE_SPACE));
    memory.root.addSubregion(at(0x1000), regions.ram("ram", size(4096)));
    expect(dma.ranges().map(({ start }) => start)).toEqual([0x1000]);
    expect(regions.addressSpaces().map(({ name }) => name)).toEqual(["memory", "I/O", "dma"]);
    void dma.dispose();
    expect(regions.addressSpaces().length).toBe(2);
  });
});

describe("regions", () => {
  test("among equals the younger wins, by priority the higher", () => {
    const { memory, regions } = makeMemory();
    const [a, b, c] = ["a", "b", "c"].map((name) => regions.io(name, size(16), probe().ops));
    if (a === undefined || b === undefined || c === undefined) return;
    memory.root.addSubregion(at(0), a);
    memory.root.addSubregion(at(0), b);
    memory.root.addSubregion(at(0), c, -1);
    expect(memory.find(at(0))?.region).toBe(b);
    a.setAddress(at(8));
    a.setAddress(at(0));
    expect(memory.find(at(0))?.region).toBe(a);
    memory.root.removeSubregion(a);
    b.setEnabled(false);
    expect(memory.find(at(0))?.region).toBe(c);
  });

  test("refuse what makes no tree", () => {
    const { memory, regions } = makeMemory();
    const inner = regions.container("inner", size(16));
    const outer = regions.container("outer", size(16));
    const alias = regions.alias("alias", outer, regionOffset(0), size(16));
    outer.addSubregion(at(0), inner);
    expect(() => memory.root.addSubregion(at(0), inner)).toThrow("memory region 'inner' stands in 'outer' already");
    expect(codeOf(() => inner.addSubregion(at(0), outer))).toBe("MEMORY_REGION_CYCLE");
    expect(codeOf(() => inner.addSubregion(at(0), alias))).toBe("MEMORY_REGION_CYCLE");
    expect(codeOf(() => alias.addSubregion(at(0), regions.container("x", size(1))))).toBe("MEMORY_REGION_KIND");
    expect(codeOf(() => memory.root.removeSubregion(inner))).toBe("MEMORY_REGION_NOT_CONTAINED");
    expect(codeOf(() => inner.setAliasOffset(regionOffset(1)))).toBe("MEMORY_REGION_KIND");
  });

  test("of 2^64 bytes are rendered to the end", () => {
    const { memory, regions } = makeMemory();
    memory.root.addSubregion(at(0), regions.io("all", WHOLE_SPACE, probe().ops), -1);
    memory.root.addSubregion(at(4 * GiB), regions.ram("ram", size(GiB)));
    expect(memory.ranges().map(({ region, start, length }) => [region.name, start, start + length])).toEqual([
      ["all", 0, 4 * GiB],
      ["ram", 4 * GiB, 5 * GiB],
      ["all", 5 * GiB, 2 ** 64],
    ]);
    expect(memory.find(at(2 ** 52))?.offset).toBe(2 ** 52);
  });
});

test.prop([
  fc.array(
    fc.record({
      address: fc.nat({ max: 0x2ffff }),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
      width: fc.constantFrom(0, 1, 2, 4, 8),
    }),
    { maxLength: 20 },
  ),
])("memory in pieces is memory as a whole", (writes) => {
  const { memory, regions } = makeMemory();
  const ram = regions.ram("ram", size(0x30000));
  // Shuffled in pieces of 64 KiB.
  for (const [index, piece] of [2, 0, 1].entries()) {
    memory.root.addSubregion(
      at(index * 0x10000),
      regions.alias(`piece${index}`, ram, regionOffset(piece * 0x10000), size(0x10000)),
    );
  }
  const plain = new Uint8Array(0x30000 + 64);
  const view = new DataView(plain.buffer);
  for (const { address, bytes, width } of writes) {
    if (address + 40 > 0x30000) continue;
    const value = bytes.reduce((sum, byte) => (sum * 257 + byte) % 0x100000000, 0);
    if (width === 0) {
      memory.write(at(address), bytes);
      plain.set(bytes, address);
    } else if (width === 8) {
      memory.store64(at(address), BigInt(value) * 0x10001n);
      view.setBigUint64(address, BigInt(value) * 0x10001n, true);
      expect(memory.load64(at(address))).toBe(BigInt(value) * 0x10001n);
    } else {
      memory.store(at(address), value, width);
      for (let i = 0; i < width; i++) plain[address + i] = Math.floor(value / 256 ** i);
      expect(memory.load(at(address), width)).toBe(value % 256 ** width);
    }
  }
  const bytes = new Uint8Array(0x30000);
  memory.read(at(0), bytes);
  expect(Buffer.compare(bytes, plain.subarray(0, 0x30000))).toBe(0);
});
