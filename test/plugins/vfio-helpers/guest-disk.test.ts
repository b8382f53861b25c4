// A guest's virtio-blk disk on a namespace: what the guest has in its memory goes to the medium and back without a copy
// on the way, since the registrar announces guest memory and the driver has mapped it.
import { describe, expect, test } from "vitest";
import type { JsonObject } from "backplane";
import { pattern, withDisk, type DiskBench } from "../virtio/block-board.ts";
import { DATA } from "../virtio/block-driver.ts";
import { ADDRESS, KiB } from "./vfio-machine.ts";

const PAGE = 4096;
/** The disk has a look at the table of partitions, for its geometry. */
const PARTITIONS = 1;

function withNvmeDisk(vfio: JsonObject, story: (bench: DiskBench) => Promise<void>): Promise<void> {
  const devices = [{ kind: "nvme", address: ADDRESS, namespaces: [{ size: 256 * KiB }] }];
  const options = { "vfio-helpers": { value: { devices, ...vfio } } };
  return withDisk({ node: `nvme,device=${ADDRESS},namespace=1`, options }, story);
}

async function accesses(bench: DiskBench): Promise<unknown> {
  const [all] = (await bench.run("query-blockstats", { "query-nodes": true })) as { "driver-specific": JsonObject }[];
  const { "aligned-accesses": aligned, "unaligned-accesses": unaligned } = all?.["driver-specific"] ?? {};
  return { aligned, unaligned };
}

describe("a disk of a guest on a namespace", () => {
  test("whole pages go without a copy", () =>
    withNvmeDisk({}, async (bench) => {
      const { driver, registrar } = bench;
      const bytes = pattern(4 * PAGE, 3);
      driver.put(DATA, bytes);
      expect(await driver.write(16, DATA, bytes.length)).toBe(0);
      expect(await driver.read(16, DATA + 0x10000, bytes.length)).toBe(0);
      expect(driver.bytes(DATA + 0x10000, bytes.length)).toEqual(bytes);
      expect(registrar.transfers).toEqual({ direct: 2, bounced: 0 });
      expect(await accesses(bench)).toEqual({ aligned: 2, unaligned: PARTITIONS });
    }));

  test("sectors bounce, and leave their neighbours as they are", () =>
    withNvmeDisk({}, async (bench) => {
      const { driver } = bench;
      driver.put(DATA, pattern(2 * PAGE, 5));
      expect(await driver.write(0, DATA, 2 * PAGE)).toBe(0);
      driver.put(DATA + 0x8200, pattern(512, 9));
      expect(await driver.write(3, DATA + 0x8200, 512)).toBe(0);
      expect(await driver.read(0, DATA + 0x10000, 2 * PAGE)).toBe(0);
      const wanted = pattern(2 * PAGE, 5);
      wanted.set(pattern(512, 9), 3 * 512);
      expect(driver.bytes(DATA + 0x10000, 2 * PAGE)).toEqual(wanted);
    }));

  test("many at once, in any order of completion", () =>
    withNvmeDisk({}, async ({ driver }) => {
      const writes = Array.from({ length: 15 }, (_, index) => {
        driver.put(DATA + index * PAGE, pattern(PAGE, index));
        return driver.write(index * 8, DATA + index * PAGE, PAGE);
      });
      expect(new Set(await Promise.all(writes))).toEqual(new Set([0]));
      expect(await driver.read(0, DATA + 0x10000, 15 * PAGE)).toBe(0);
      const wanted = Buffer.concat(Array.from({ length: 15 }, (_, index) => pattern(PAGE, index)));
      expect(Buffer.compare(driver.bytes(DATA + 0x10000, 15 * PAGE), wanted)).toBe(0);
    }));

  test("a container without room for guest memory serves the disk all the same", () =>
    withNvmeDisk({ entryLimit: 7 }, async (bench) => {
      const { driver, registrar } = bench;
      driver.put(DATA, pattern(PAGE, 1));
      expect(await driver.write(0, DATA, PAGE)).toBe(0);
      expect(await driver.read(0, DATA + PAGE, PAGE)).toBe(0);
      expect(driver.bytes(DATA + PAGE, PAGE)).toEqual(pattern(PAGE, 1));
      // The registrar gave up when a block was refused.
      expect(registrar.ok).toBe(false);
      expect(await accesses(bench)).toEqual({ aligned: 0, unaligned: PARTITIONS + 2 });
    }));
});
