// Texts, slots and addresses are the peer's.
import {
  DEVICES,
  GiB,
  MiB,
  RAM_BLOCK_NOTIFIERS,
  RAM_LIST,
  SYSTEM_MEMORY,
  type DeviceDefinition,
  type ObjectDefinition,
} from "backplane";
import { describe, expect, test } from "vitest";
import { MEMORY_DEVICES } from "../../../plugins/pc-dimm/contract.ts";
import { device, ram, withPlatform, type PlatformOptions } from "../pc-memory/platform.ts";

const memory = { size: 256 * MiB, slots: 2, maxSize: 1 * GiB };
const dimm = (properties: DeviceDefinition["properties"] = {}, id?: string): DeviceDefinition =>
  device("pc-dimm", { memdev: "r0", ...properties }, id);
const r0 = ram("r0", "128M");
const r1 = ram("r1", "128M");

async function refusal(options: PlatformOptions): Promise<string> {
  try {
    await withPlatform({ memory, ...options }, () => undefined);
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
}

describe("refusals", () => {
  test.each<[string, readonly ObjectDefinition[], readonly DeviceDefinition[], string]>([
    ["no memdev", [], [device("pc-dimm")], "'memdev' property must be set"],
    ["an empty memdev", [], [device("pc-dimm", { memdev: "" })], "'memdev' property must be set"],
    ["an unknown memdev", [], [dimm({ memdev: "zz" })], "Device 'zz' not found"],
    ["slot 7", [r0], [dimm({ slot: "7" })], "invalid slot number 7, valid range is [0-1]"],
    ["slot -2", [r0], [dimm({ slot: "-2" })], "invalid slot number -2, valid range is [0-1]"],
    ["slot abc", [r0], [dimm({ slot: "abc" })], "Parameter 'slot' expects integer"],
    ["addr abc", [r0], [dimm({ addr: "abc" })], "Parameter 'addr' expects integer"],
    ["an unaligned address", [r0], [dimm({ addr: "0x100001000" })], "address must be aligned to 0x200000 bytes"],
    [
      "an address that is out of range",
      [r0],
      [dimm({ addr: "0xfffffffff0000000" })],
      "can't add memory device [0xfffffffff0000000:0x8000000], usable range for memory devices [0x100000000:0xb0000000]",
    ],
    [
      "an unknown node",
      [r0],
      [dimm({ node: "3" })],
      "'DIMM property node has value 3' which exceeds the number of numa nodes: 1",
    ],
    ["a busy memdev", [r0], [dimm(), dimm()], "can't use already busy memdev: r0"],
    ["a busy slot", [r0, r1], [dimm({ slot: "0" }), dimm({ memdev: "r1", slot: "0" })], "slot 0 is busy"],
    [
      "a taken address",
      [r0, r1],
      [dimm({ addr: "0x100000000" }, "d0"), dimm({ memdev: "r1", addr: "0x100000000" })],
      "address range conflicts with memory device id='d0'",
    ],
    [
      "more than maxmem",
      [ram("r0", "2G")],
      [dimm()],
      "not enough space, currently 0x0 in use of total space for memory devices 0x30000000",
    ],
    ["an odd size", [ram("r0", "1M")], [dimm()], "backend memory size must be multiple of 0x200000"],
    ["an unknown property", [r0], [dimm({ foo: "on" })], "Property 'pc-dimm.foo' not found"],
  ])("%s", async (_name, objects, devices, expected) => {
    expect(await refusal({ objects, devices })).toBe(expected);
  });

  test("no slots", async () => {
    const expected = "no slots where allocated, please specify the 'slots' option";
    expect(await refusal({ memory: { size: 256 * MiB }, objects: [r0], devices: [dimm()] })).toBe(expected);
    expect(await refusal({ memory: { ...memory, slots: 0 }, objects: [r0], devices: [dimm()] })).toBe(expected);
  });

  test("no free slot", async () => {
    const devices = [dimm(), dimm({ memdev: "r1" })];
    expect(await refusal({ memory: { ...memory, slots: 1 }, objects: [r0, r1], devices })).toBe(
      "no free slots available",
    );
  });

  test("no ACPI", async () => {
    expect(await refusal({ properties: { acpi: "off" }, objects: [r0], devices: [dimm()] })).toBe(
      "memory hotplug is not enabled: missing acpi device or acpi disabled",
    );
  });
});

describe("plugging", () => {
  test("names the block, makes it migratable, and maps it at the lowest free address", () =>
    withPlatform({ memory, objects: [r0, r1], devices: [dimm({ slot: "1" }), dimm({ memdev: "r1" })] }, (machine) => {
      const plugged = machine.service(MEMORY_DEVICES).all();
      expect(plugged.map(({ address, slot, backend }) => [backend.id, address, slot])).toEqual([
        ["r0", 4 * GiB, 1],
        ["r1", 4 * GiB + 128 * MiB, 0],
      ]);
      expect(machine.service(RAM_LIST).byIdstr("r1")?.migratable).toBe(true);
      const system = machine.service(SYSTEM_MEMORY);
      const [first] = plugged;
      expect(first && system.find(first.address)?.region.ramBlock?.idstr).toBe("r0");
    }));

  test("fills the gap before a device that was put higher", () =>
    withPlatform(
      { memory, objects: [r0, r1], devices: [dimm({ addr: "0x110000000" }), dimm({ memdev: "r1" })] },
      (machine) => {
        expect(
          machine
            .service(MEMORY_DEVICES)
            .all()
            .map(({ backend }) => backend.id),
        ).toEqual(["r1", "r0"]);
      },
    ));

  test("is heard of, as hot-plugged when the machine is complete", () =>
    withPlatform({ memory, objects: [r0] }, async (machine) => {
      const heard: string[] = [];
      const devices = machine.service(MEMORY_DEVICES);
      devices.onChange(
        ({ backend, hotplugged }, change) => void heard.push(`${backend.id} ${change} ${String(hotplugged)}`),
      );
      const blocks: string[] = [];
      const notifier = machine.service(RAM_BLOCK_NOTIFIERS).add({
        name: "test",
        ramBlockIdstrChanged: (_block, { from, to }) => void blocks.push(`${from}>${to}`),
        ramBlockMigratableChanged: (block) => void blocks.push(`${block.idstr} ${String(block.migratable)}`),
      });
      const instance = machine.service(DEVICES).create(dimm());
      await machine.service(DEVICES).remove(instance);
      void notifier.dispose();
      expect(heard).toEqual(["r0 plugged true", "r0 unplugged true"]);
      expect(blocks).toEqual([">r0", "r0 true", "r0>", " false"]);
      expect(devices.all()).toEqual([]);
      expect(devices.slots).toBe(2);
    }));

  test("that fails leaves the backend as it was", () =>
    withPlatform({ memory, objects: [r0] }, (machine) => {
      expect(() => machine.service(DEVICES).create(dimm({ node: "9" }))).toThrow();
      machine.service(DEVICES).create(dimm());
      expect(machine.service(MEMORY_DEVICES).all()).toHaveLength(1);
    }));
});
