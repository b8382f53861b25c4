import { truncateSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  AnonymousMemory,
  byteLength,
  HOST_ADDRESS_SPACE,
  MEMORY_REGIONS,
  RAM_LIST,
  type HostAddress,
  type JsonObject,
  type Machine,
  type RAMBlock,
} from "backplane";
import type { BlockNode, ReadOptions } from "backplane/plugins/block/contract";
import { ADDRESS, KiB, MiB, nodeOf, pattern, withImage, withVfio } from "./vfio-machine.ts";

const PAGE = 4096;
const IMAGE = pattern(MiB);

function addRam(machine: Machine, name: string, length: number): RAMBlock {
  machine.service(MEMORY_REGIONS).ram(name, byteLength(length));
  const block = machine.service(RAM_LIST).byIdstr(name);
  if (block === undefined) throw new Error("no block");
  return block;
}

/** A vector within a block's memory, in parts of the length, with its addresses. */
function vectorIn(block: RAMBlock, offset: number, length: number, part = length) {
  const views: Uint8Array[] = [];
  const addresses: HostAddress[] = [];
  for (let at = offset; at < offset + length; at += part) {
    const into: Uint8Array[] = [];
    block.host.borrow(at, Math.min(part, offset + length - at), "write", into);
    let within = at;
    for (const view of into) {
      views.push(view);
      addresses.push((block.hostAddress + within) as HostAddress);
      within += view.length;
    }
  }
  return { views, options: { addresses } satisfies ReadOptions };
}

/** `toEqual` of a test runner takes seconds for as many bytes. */
function expectSame(bytes: Uint8Array | undefined, wanted: Uint8Array): void {
  expect(bytes).toBeDefined();
  expect(Buffer.compare(bytes ?? new Uint8Array(), wanted)).toBe(0);
}

const statisticsOf = async (run: (command: string, args?: JsonObject) => Promise<unknown>) => {
  const [all] = (await run("query-blockstats", { "query-nodes": true })) as { "driver-specific": JsonObject }[];
  return all?.["driver-specific"];
};

describe("a namespace as a node", () => {
  test("reads and writes the file behind the controller", () =>
    withVfio({}, async ({ open, medium, vfio }) => {
      expect(vfio).toBeDefined();
      const node = await open();
      expect(node.length).toBe(MiB);
      expect(node.filename).toBe("nvme://0000:01:00.0/1");
      const into = [new Uint8Array(3 * KiB), new Uint8Array(5 * KiB)];
      expect(await node.read(64 * KiB, into)).toBeUndefined();
      expectSame(Buffer.concat(into), Buffer.from(IMAGE.subarray(64 * KiB, 72 * KiB)));
      const bytes = pattern(16 * KiB, 99);
      expect(await node.write(128 * KiB, [bytes], { forceUnitAccess: true })).toBeUndefined();
      expect(await node.flush()).toBeUndefined();
      expect(medium().subarray(128 * KiB, 144 * KiB)).toEqual(Buffer.from(bytes));
    }));

  test("what is longer than a command can transfer goes in several", () =>
    withVfio({ controller: { mdts: 1 } }, async ({ open, run, medium }) => {
      const node = await open();
      const into = new Uint8Array(64 * KiB);
      expect(await node.read(4 * KiB, [into])).toBeUndefined();
      expectSame(into, IMAGE.subarray(4 * KiB, 68 * KiB));
      expect(await statisticsOf(run)).toEqual({
        driver: "nvme",
        "completion-errors": 0,
        "aligned-accesses": 0,
        "unaligned-accesses": 8,
      });
      expect(await node.write(0, [pattern(100 * KiB, 5)])).toBeUndefined();
      expectSame(medium().subarray(0, 100 * KiB), Buffer.from(pattern(100 * KiB, 5)));
    }));

  test("the largest transfer takes a whole list of pages", () =>
    withVfio({ image: pattern(4 * MiB), controller: { mdts: 9 } }, async ({ open, machine, run }) => {
      const block = addRam(machine, "ram", 4 * MiB);
      const node = await open();
      const { views, options } = vectorIn(block, MiB, 2 * MiB);
      expect(await node.read(MiB, views, options)).toBeUndefined();
      const read = new Uint8Array(2 * MiB);
      block.host.read(MiB, read);
      expect(Buffer.compare(read, pattern(4 * MiB).subarray(MiB, 3 * MiB))).toBe(0);
      expect(await statisticsOf(run)).toMatchObject({ "aligned-accesses": 1, "unaligned-accesses": 0 });
    }));

  test.each([512, 4096])("blocks of %d bytes, as many as there are", (blockSize) =>
    withVfio({ image: pattern(10 * 4096 + blockSize), namespace: { blockSize } }, async ({ open, medium }) => {
      const node = await open();
      const length = 10 * 4096 + blockSize;
      expect(node.length).toBe(length);
      expect(await node.write(length - 1024, [pattern(1024, 3)])).toBeUndefined();
      expectSame(medium().subarray(length - 1024, length), Buffer.from(pattern(1024, 3)));
      const into = new Uint8Array(1536);
      expect(await node.read(length - 1536, [into])).toBeUndefined();
      expectSame(into.subarray(0, 512), pattern(length).subarray(length - 1536, length - 1024));
    }),
  );

  test("zeroes and discards", () =>
    withVfio({}, async ({ open, medium }) => {
      const node = await open({ discard: "unmap" });
      expect(await node.writeZeroes(1000, 70_000)).toBeUndefined();
      expect(await node.writeZeroes(512 * KiB, 64 * KiB, { mayUnmap: true })).toBeUndefined();
      expect(await node.discard(256 * KiB, 8 * KiB)).toBeUndefined();
      const expected = Buffer.from(pattern(MiB));
      for (const [from, to] of [
        [1000, 71_000],
        [512 * KiB, 576 * KiB],
        [256 * KiB, 264 * KiB],
      ] as const) {
        expected.fill(0, from, to);
      }
      expectSame(medium(), expected);
    }));

  test("several namespaces, one of them in memory and one that cannot be written", () =>
    withImage(pattern(64 * KiB), (file) => {
      const namespaces = [{ size: 64 * KiB }, { size: MiB, blockSize: 4096 }, { file, readOnly: true }];
      return withVfio({ controller: { namespaces } }, async ({ run, machine }) => {
        await run("blockdev-add", { driver: "nvme", "node-name": "two", device: ADDRESS, namespace: 2 });
        const two = nodeOf(machine, "two");
        expect(two.length).toBe(MiB);
        expect(await two.write(0, [pattern(KiB)])).toBeUndefined();
        const into = new Uint8Array(2 * KiB);
        expect(await two.read(0, [into])).toBeUndefined();
        expectSame(into.subarray(0, KiB), pattern(KiB));
        expect(into.subarray(KiB)).toEqual(new Uint8Array(KiB));
        await run("blockdev-del", { "node-name": "two" });
        await run("blockdev-add", { driver: "nvme", "node-name": "three", device: ADDRESS, namespace: 3 });
        expect(await nodeOf(machine, "three").write(0, [pattern(KiB)])).toBe("EIO");
      });
    }));

  test("a medium that fails is an error of the request, and the next one goes on", () =>
    withVfio({}, async ({ open, file }) => {
      const node = await open();
      truncateSync(file, MiB / 2);
      const into = new Uint8Array(PAGE);
      expect(await node.read(768 * KiB, [into])).toBe("EIO");
      expect(await node.read(0, [into])).toBeUndefined();
    }));
});

describe("transfers", () => {
  test("go straight into memory that was registered, page by page", () =>
    withVfio({}, async ({ open, machine, run, medium }) => {
      const block = addRam(machine, "ram", MiB);
      const node = await open();
      const { views, options } = vectorIn(block, 16 * KiB, 64 * KiB, 8 * KiB);
      expect(await node.read(128 * KiB, views, options)).toBeUndefined();
      const read = new Uint8Array(64 * KiB);
      block.host.read(16 * KiB, read);
      expectSame(read, IMAGE.subarray(128 * KiB, 192 * KiB));
      block.host.write(32 * KiB, pattern(PAGE, 77));
      expect(
        await node.write(0, ...(Object.values(vectorIn(block, 32 * KiB, PAGE)) as [Uint8Array[], ReadOptions])),
      ).toBeUndefined();
      expectSame(medium().subarray(0, PAGE), Buffer.from(pattern(PAGE, 77)));
      expect(await statisticsOf(run)).toMatchObject({ "aligned-accesses": 2, "unaligned-accesses": 0 });
    }));

  test("bounce where memory does not begin or end with a page", () =>
    withVfio({}, async ({ open, machine, run }) => {
      const block = addRam(machine, "ram", MiB);
      const node = await open();
      const { views, options } = vectorIn(block, 512, 8 * KiB);
      expect(await node.read(0, views, options)).toBeUndefined();
      const read = new Uint8Array(8 * KiB);
      block.host.read(512, read);
      expectSame(read, IMAGE.subarray(0, 8 * KiB));
      expect(await statisticsOf(run)).toMatchObject({ "aligned-accesses": 0, "unaligned-accesses": 1 });
    }));

  test("memory that is no block's is mapped while it is registered", () =>
    withVfio({}, async ({ open, machine }) => {
      const node = await open();
      const memory = new AnonymousMemory(byteLength(8 * PAGE));
      const placement = machine.service(HOST_ADDRESS_SPACE).place(memory);
      const buffer = { host: placement.address, length: memory.length, memory };
      const registration = node.registerBuffer(buffer);
      const view: Uint8Array[] = [];
      memory.borrow(0, PAGE, "write", view);
      expect(await node.read(PAGE, view, { addresses: [placement.address] })).toBeUndefined();
      expectSame(view[0], IMAGE.subarray(PAGE, 2 * PAGE));
      await registration.dispose();
      await placement.dispose();
    }));

  test("temporary mappings are all taken back when there is no room for another", () =>
    withVfio({ vfio: { entryLimit: 12 } }, async ({ open, machine, log }) => {
      const node = await open();
      const memory = new AnonymousMemory(byteLength(256 * PAGE));
      const placement = machine.service(HOST_ADDRESS_SPACE).place(memory);
      const read = async (page: number): Promise<void> => {
        const views: Uint8Array[] = [];
        const addresses: HostAddress[] = [];
        for (const at of [page, page + 2]) {
          memory.borrow(at * PAGE, PAGE, "write", views);
          addresses.push((placement.address + at * PAGE) as HostAddress);
        }
        expect(await node.read(page * PAGE, views, { addresses })).toBeUndefined();
        expectSame(views[1], IMAGE.subarray((page + 1) * PAGE, (page + 2) * PAGE));
      };
      // Two entries each, of which there are a handful: one after the other, and many at once.
      for (let page = 0; page < 40; page += 4) await read(page);
      await Promise.all(Array.from({ length: 40 }, (_, index) => read(index * 4)));
      expect(log.filter(({ level }) => level === "error")).toEqual([]);
      await placement.dispose();
    }));

  test("a request that never fits is out of memory, not out of disk", () =>
    withVfio({ vfio: { entryLimit: 8 } }, async ({ open, machine, log }) => {
      const node = await open();
      const memory = new AnonymousMemory(byteLength(64 * PAGE));
      const placement = machine.service(HOST_ADDRESS_SPACE).place(memory);
      const addresses = Array.from({ length: 32 }, (_, index) => (placement.address + index * 2 * PAGE) as HostAddress);
      const views = addresses.map(() => new Uint8Array(PAGE));
      expect(await node.read(0, views, { addresses })).toBe("ENOMEM");
      expect(log.map(({ message }) => message)).toContain(
        "Cannot map buffer for DMA: VFIO_MAP_DMA failed: No space left on device",
      );
      expect(await node.read(0, [new Uint8Array(PAGE)])).toBeUndefined();
      await placement.dispose();
    }));
});

test("it holds what a buffer holds, whatever is asked of it at once", async () => {
  const length = 96 * KiB;
  const offset = fc.integer({ min: 0, max: length / 512 - 1 }).map((sector) => sector * 512);
  const step = fc.record({
    act: fc.constantFrom("read", "write", "zeroes"),
    offset,
    sectors: fc.integer({ min: 1, max: 48 }),
    direct: fc.boolean(),
    seed: fc.integer({ min: 1, max: 255 }),
  });
  // Stretches of the same turn do not overlap: what wins otherwise is nobody's to say.
  const turns = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { maxLength: 6 });
  await withVfio({ image: pattern(length), controller: { mdts: 2 } }, async ({ open, machine }) => {
    const block = addRam(machine, "ram", MiB);
    const node: BlockNode = await open();
    const oracle = pattern(length);
    await fc.assert(
      fc.asyncProperty(turns, async (all) => {
        for (const turn of all) {
          const taken = new Set<number>();
          const requests: Promise<void>[] = [];
          for (const [index, { act, offset: from, sectors, direct, seed }] of turn.entries()) {
            const size = Math.min(sectors * 512, length - from);
            const own = Array.from({ length: size / 512 }, (_, sector) => from / 512 + sector);
            if (own.some((sector) => taken.has(sector))) continue;
            for (const sector of own) taken.add(sector);
            const place = index * 128 * KiB;
            const inRam = vectorIn(block, place, size);
            const vector = direct ? inRam.views : [new Uint8Array(size)];
            const options = direct ? inRam.options : {};
            requests.push(request(node, { act, from, size, seed, vector, options, oracle }));
          }
          await Promise.all(requests);
        }
        const whole = new Uint8Array(length);
        expect(await node.read(0, [whole])).toBeUndefined();
        expect(Buffer.compare(whole, oracle)).toBe(0);
      }),
      { numRuns: 40 },
    );
  });
});

interface Request {
  readonly act: string;
  readonly from: number;
  readonly size: number;
  readonly seed: number;
  readonly vector: Uint8Array[];
  readonly options: ReadOptions;
  readonly oracle: Uint8Array;
}

async function request(node: BlockNode, { act, from, size, seed, vector, options, oracle }: Request): Promise<void> {
  const expected = oracle.slice(from, from + size);
  if (act === "read") {
    expect(await node.read(from, vector, options)).toBeUndefined();
    expect(Buffer.compare(Buffer.concat(vector), expected)).toBe(0);
  } else if (act === "write") {
    let at = 0;
    for (const view of vector) {
      view.set(pattern(size, seed).subarray(at, at + view.length));
      at += view.length;
    }
    oracle.set(pattern(size, seed), from);
    expect(await node.write(from, vector, options)).toBeUndefined();
  } else {
    oracle.fill(0, from, from + size);
    expect(await node.writeZeroes(from, size)).toBeUndefined();
  }
}
