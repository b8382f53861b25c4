import { GiB, MiB, RAM_BLOCK_NOTIFIERS, RAM_LIST, SYSTEM_MEMORY } from "backplane";
import { describe, expect, test } from "vitest";
import { PC_MEMORY } from "../../../plugins/pc-memory/contract.ts";
import { ram, withPlatform, type PlatformOptions } from "./platform.ts";

async function refusal(options: PlatformOptions): Promise<string> {
  try {
    await withPlatform(options, () => undefined);
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
}

describe("the memory map", () => {
  test.each([
    [256 * MiB, 256 * MiB, 0],
    [0xb000_0000 - 8192, 0xb000_0000 - 8192, 0],
    [0xb000_0000, 2 * GiB, 0x3000_0000],
    [4 * GiB, 2 * GiB, 2 * GiB],
  ])("RAM of %d bytes: %d below 4 GiB, %d above", (size, below, above) =>
    withPlatform({ memory: { size } }, (machine) => {
      const map = machine.service(PC_MEMORY);
      expect([map.belowFourGiB, map.aboveFourGiB, map.aboveFourGiBStart]).toEqual([below, above, 4 * GiB]);
      expect(map.ramAbove === undefined).toBe(above === 0);
    }),
  );

  test("of the seed's machine has its device memory at 0x580000000", () =>
    withPlatform({ memory: { size: 20 * GiB, slots: 8, maxSize: 22 * GiB } }, (machine) => {
      const map = machine.service(PC_MEMORY);
      expect(map.deviceMemoryRange).toEqual({ base: 0x5_8000_0000, size: 10 * GiB });
      expect(map.deviceMemory?.region.address).toBe(0x5_8000_0000);
      expect(map.pciHole64Start).toBe(0x8_0000_0000);
    }));

  test("BIOS and option ROMs lie in the PCI space, which the host bridge maps", () =>
    withPlatform({}, (machine) => {
      const { pci, bios, isaBios, rom, ramBelow } = machine.service(PC_MEMORY);
      expect([bios.address, isaBios.address, rom.address]).toEqual([0xfffc_0000, 0xe0000, 0xc0000]);
      expect([bios.container, isaBios.container, rom.container]).toEqual([pci, pci, pci]);
      expect(pci.container).toBeUndefined();
      expect(ramBelow.container).toBe(machine.service(SYSTEM_MEMORY).root);
    }));

  test("max-ram-below-4g moves the hole down", () =>
    withPlatform({ properties: { "max-ram-below-4g": 1 * GiB }, memory: { size: 3 * GiB } }, (machine) => {
      expect(machine.service(PC_MEMORY).belowFourGiB).toBe(1 * GiB);
    }));

  test("RAM is named, then made migratable, as its notifiers hear it", () =>
    withPlatform({}, (machine) => {
      const block = machine.service(RAM_LIST).byIdstr("pc.ram");
      expect(block?.migratable).toBe(true);
      expect(machine.service(RAM_BLOCK_NOTIFIERS).subscribers()).toEqual([]);
    }));
});

describe("RAM from a backend", () => {
  test("takes the backend's name", () =>
    withPlatform({ properties: { "memory-backend": "main" }, objects: [ram("main", "256M")] }, (machine) => {
      const list = machine.service(RAM_LIST);
      expect(list.byIdstr("main")?.migratable).toBe(true);
      expect(list.byIdstr("pc.ram")).toBeUndefined();
    }));

  test.each<[string, PlatformOptions, string]>([
    ["absent", { properties: { "memory-backend": "nope" } }, "Memory backend 'nope' not found"],
    [
      "of another size",
      { properties: { "memory-backend": "a" }, objects: [ram("a", "128M")] },
      "Machine memory size does not match the size of the memory backend",
    ],
  ])("%s is refused", async (_name, options, expected) => {
    expect(await refusal(options)).toBe(expected);
  });
});

describe("sizes that cannot be", () => {
  const size = 256 * MiB;
  test.each<[string, PlatformOptions, string]>([
    [
      "maxmem below size",
      { memory: { size, maxSize: size / 2 } },
      "invalid value of maxmem: maximum memory size (0x8000000) must be at least the initial memory size (0x10000000)",
    ],
    [
      "slots without room",
      { memory: { size, slots: 2 } },
      "invalid value of maxmem: memory slots were specified but maximum memory size (0x10000000) is equal to the initial memory size (0x10000000)",
    ],
    ["too many slots", { memory: { size, slots: 257, maxSize: GiB } }, "unsupported amount of memory slots: 257"],
    [
      "maxmem of odd bytes",
      { memory: { size, slots: 2, maxSize: GiB + 1 } },
      "maximum memory size must by aligned to multiple of 4096 bytes",
    ],
    [
      "more than the processor can address",
      { memory: { size, slots: 2, maxSize: 8000 * 2 ** 50 } },
      "Address space limit 0xffffffffff < 0x7d0001087fffffff phys-bits too low (40)",
    ],
  ])("%s", async (_name, options, expected) => {
    expect(await refusal(options)).toBe(expected);
  });
});
