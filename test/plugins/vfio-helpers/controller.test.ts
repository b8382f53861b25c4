// NVM Express base specification 1.4.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NvmeControllerOptions } from "../../../plugins/vfio-helpers/model/nvme/controller.ts";
import { ControllerBench, MEMORY, PAGE, type Fields } from "./controller-bench.ts";

/** Where commands have their data. */
const DATA = 16 * PAGE;

async function withController(
  options: Partial<NvmeControllerOptions>,
  story: (bench: ControllerBench) => Promise<void> | void,
): Promise<void> {
  const bench = new ControllerBench(options);
  try {
    await story(bench);
  } finally {
    bench.close();
  }
}

const started = (story: (bench: ControllerBench) => Promise<void>, options: Partial<NvmeControllerOptions> = {}) =>
  withController(options, async (bench) => story(await bench.start()));

describe("registers (§3.1)", () => {
  test("capabilities and version", () =>
    withController({ doorbellStride: 3, queueEntries: 128, readyTimeoutMs: 1000 }, (bench) => {
      expect(bench.read(0)).toBe(0x0201_007f);
      expect(bench.read(4)).toBe(0x0040_0023);
      expect(bench.read(8)).toBe(0x0001_0400);
    }));

  test("it is ready some time after it was enabled, and no longer once it is disabled (§7.6.1)", () =>
    withController({ readyAfterMs: 10 }, (bench) => {
      expect(bench.read(0x1c)).toBe(0);
      bench.enable();
      expect(bench.read(0x1c)).toBe(0);
      bench.pass(8);
      expect(bench.read(0x1c)).toBe(1);
      bench.write(0x14, 0x0046_0000);
      expect(bench.read(0x1c)).toBe(0);
    }));

  test.each([
    ["a page larger than it has", 0x0046_0281],
    ["another command set", 0x0046_0011],
    ["another arbitration", 0x0046_0801],
  ])("%s is fatal (§9.5)", (_name, cc) =>
    withController({}, (bench) => {
      bench.enable(cc);
      expect(bench.read(0x1c)).toBe(2);
      bench.write(0x14, 0);
      expect(bench.read(0x1c)).toBe(0);
    }),
  );

  test("a shutdown ends when all is written (§7.6.2)", () =>
    started(async (bench) => {
      bench.write(0x14, 0x0046_4001);
      expect(bench.read(0x1c) & 0xc).toBe(4);
      await bench.settled();
      expect(bench.read(0x1c) & 0xc).toBe(8);
    }));

  test("a ring that cannot be read is fatal", () =>
    withController({}, (bench) => {
      bench.write(0x24, 0x0007_0007);
      bench.write(0x28, MEMORY);
      bench.write(0x30, PAGE);
      bench.write(0x14, 0x0046_0001);
      bench.pass(2);
      bench.write(0x1000, 1);
      expect(bench.read(0x1c)).toBe(3);
    }));
});

describe("admin commands (§5)", () => {
  const identify = (cns: number, namespace = 0): Fields => ({ opcode: 6, namespace, prp1: DATA, dwords: { 10: cns } });
  const createCq = (id: number, more: { entries?: number; flags?: number; prp1?: number } = {}): Fields => ({
    opcode: 5,
    prp1: more.prp1 ?? 8 * PAGE,
    dwords: { 10: ((more.entries ?? 8) - 1) * 0x10000 + id, 11: more.flags ?? 1 },
  });
  const createSq = (id: number, cq: number): Fields => ({
    opcode: 1,
    prp1: 9 * PAGE,
    dwords: { 10: 0x0007_0000 + id, 11: cq * 0x10000 + 1 },
  });

  test.each<[string, Fields, number]>([
    ["identify controller", identify(1), 0],
    ["identify namespace", identify(0, 1), 0],
    ["identify a namespace that is not there", identify(0, 2), 0x00b],
    ["identify what is common to namespaces", identify(0, 0xffff_ffff), 0x00b],
    ["active namespaces", identify(2), 0],
    ["active namespaces behind the last number", identify(2, 0xffff_ffff), 0x00b],
    ["namespace descriptors", identify(3, 1), 0],
    ["identify something else", identify(0x42), 0x002],
    ["identify into memory that is not mapped", { ...identify(1), prp1: MEMORY }, 0x004],
    ["identify to an odd address", { ...identify(1), prp1: DATA + 1 }, 0x013],
    ["identify across pages, the second within a page", { ...identify(1), prp1: DATA + 8, prp2: 8 }, 0x013],
    ["a fused command", { ...identify(1), flags: 1 }, 0x002],
    ["a command that is not there", { opcode: 0x7f }, 0x001],
    ["a completion queue", createCq(2), 0],
    ["a completion queue that is there", createCq(1), 0x101],
    ["a completion queue 0", createCq(0), 0x101],
    ["a completion queue with too high a number", createCq(9), 0x101],
    ["a completion queue of one entry", createCq(2, { entries: 1 }), 0x102],
    ["a completion queue that is too long", createCq(2, { entries: 65 }), 0x102],
    ["a completion queue in pieces", createCq(2, { flags: 0 }), 0x002],
    ["a completion queue within a page", createCq(2, { prp1: DATA + 64 }), 0x013],
    ["a completion queue with an interrupt that is not there", createCq(2, { flags: 0x0009_0003 }), 0x108],
    ["a submission queue", createSq(2, 1), 0],
    ["a submission queue for no completion queue", createSq(2, 5), 0x100],
    ["a submission queue for the admin's", createSq(2, 0), 0x100],
    ["a submission queue that is there", createSq(1, 1), 0x101],
    ["delete a completion queue in use", { opcode: 4, dwords: { 10: 1 } }, 0x10c],
    ["delete no completion queue", { opcode: 4, dwords: { 10: 7 } }, 0x101],
    ["delete a submission queue", { opcode: 0, dwords: { 10: 1 } }, 0],
    ["delete the admin's", { opcode: 0, dwords: { 10: 0 } }, 0x101],
    ["abort", { opcode: 8, dwords: { 10: 1 } }, 0],
    ["a feature that is not there", { opcode: 0x0a, dwords: { 10: 0x7f } }, 0x002],
    ["set a feature that is not there", { opcode: 9, dwords: { 10: 0x7f } }, 0x002],
    ["set a feature for good", { opcode: 9, dwords: { 10: 0x8000_0006, 11: 0 } }, 0x10d],
    ["set the write cache", { opcode: 9, dwords: { 10: 6, 11: 0 } }, 0],
    ["the number of queues, when there are some", { opcode: 9, dwords: { 10: 7, 11: 0 } }, 0x00c],
    ["errors", { opcode: 2, prp1: DATA, dwords: { 10: 0x000f_0001 } }, 0],
    ["health", { opcode: 2, prp1: DATA, dwords: { 10: 0x007f_0002 } }, 0],
    ["firmware", { opcode: 2, prp1: DATA, dwords: { 10: 0x007f_0003 } }, 0],
    ["a log page that is not there", { opcode: 2, prp1: DATA, dwords: { 10: 0x007f_0042 } }, 0x109],
    ["a log page of megabytes", { opcode: 2, prp1: DATA, dwords: { 10: 0xffff_0002, 11: 0xff } }, 0x002],
  ])("%s", (_name, fields, status) =>
    started(async (bench) => {
      expect((await bench.run(0, fields)).status).toBe(status);
      expect(bench.read(0x1c), "it goes on").toBe(1);
    }),
  );

  test("what it tells of itself", () =>
    started(async (bench) => {
      await bench.run(0, identify(1));
      const page = bench.memory.subarray(DATA, DATA + PAGE);
      expect(page.toString("latin1", 4, 24)).toBe("S1".padEnd(20));
      expect(page.toString("latin1", 24, 64)).toBe("M1".padEnd(40));
      expect(page.readUInt8(77)).toBe(2);
      expect(page.readUInt32LE(516)).toBe(1);
      expect(page.readUInt16LE(520)).toBe(0x0d);
      await bench.run(0, identify(0, 1));
      expect(page.readBigUInt64LE(0)).toBe(512n);
      expect(page.readUInt8(130)).toBe(9);
    }));

  test("as many queues as there are are granted (§5.21.1.7)", () =>
    withController({}, async (bench) => {
      bench.enable();
      expect(await bench.run(0, { opcode: 9, dwords: { 10: 7, 11: 0x0003_0063 } })).toMatchObject({
        result: 0x0003_0007,
      });
      expect(await bench.run(0, { opcode: 0x0a, dwords: { 10: 7 } })).toMatchObject({ result: 0x0003_0007 });
      expect(await bench.run(0, { opcode: 0x0a, dwords: { 10: 0x107 } })).toMatchObject({ result: 0x0007_0007 });
    }));

  test("an invalid doorbell is an event (§5.2)", () =>
    started(async (bench) => {
      bench.submit(0, { opcode: 0x0c, id: 7 });
      expect(bench.take(0)).toBeUndefined();
      bench.write(0x1000 + 5 * 8, 1);
      expect(bench.take(0)).toEqual({ id: 7, status: 0, result: 0x0001_0000 });
      for (let id = 1; id <= 4; id++) bench.submit(0, { opcode: 0x0c, id });
      bench.submit(0, { opcode: 0x0c, id: 5 });
      expect(bench.take(0)).toMatchObject({ id: 5, status: 0x105 });
      bench.write(0x1008, 99);
      expect(bench.take(0)).toMatchObject({ id: 1, result: 0x0001_0100 });
    }));

  test("of a queue that is deleted the commands are aborted", () =>
    started(async (bench) => {
      bench.submit(1, { opcode: 2, id: 9, prp1: DATA });
      await bench.run(0, { opcode: 0, dwords: { 10: 1 } });
      expect(await bench.completion(1)).toMatchObject({ id: 9, status: 0x008 });
      await bench.settled();
      expect(bench.take(1)).toBeUndefined();
    }));
});

describe("I/O commands (§6)", () => {
  const io = (opcode: number, more: Partial<Fields> = {}): Fields => ({ opcode, prp1: DATA, ...more });

  test.each<[string, Fields, number]>([
    ["read", io(2), 0],
    ["write", io(1), 0],
    ["flush", io(0), 0],
    ["flush all", io(0, { namespace: 0xffff_ffff }), 0],
    ["flush what is not there", io(0, { namespace: 2 }), 0x00b],
    ["compare", io(5), 0],
    ["write zeroes", io(8), 0],
    ["a command that is not there", io(0x7f), 0x001],
    ["write uncorrectable", io(4), 0x001],
    ["no namespace", io(2, { namespace: 0 }), 0x00b],
    ["another namespace", io(2, { namespace: 9 }), 0x00b],
    ["with a scatter gather list", io(2, { flags: 0x40 }), 0x002],
    ["the last block", io(2, { dwords: { 10: 511 } }), 0],
    ["behind the last block", io(2, { dwords: { 10: 512 } }), 0x080],
    ["beyond the last block", io(2, { dwords: { 10: 511, 12: 1 } }), 0x080],
    ["far beyond", io(1, { dwords: { 11: 0xffff_ffff, 10: 0xffff_ffff } }), 0x080],
    ["zeroes beyond", io(8, { dwords: { 10: 511, 12: 1 } }), 0x080],
    ["the largest transfer", io(2, { prp2: 20 * PAGE, dwords: { 12: 31 } }), 0],
    ["more than it transfers", io(2, { prp2: 20 * PAGE, dwords: { 12: 32 } }), 0x002],
    ["into memory that is not mapped", io(2, { prp1: MEMORY }), 0x004],
    ["out of memory that is not mapped", io(1, { prp1: MEMORY }), 0x004],
    ["second page not mapped", io(2, { prp2: MEMORY, dwords: { 12: 15 } }), 0x004],
    ["list not mapped", io(2, { prp2: MEMORY, dwords: { 12: 23 } }), 0x004],
    ["list at an odd address", io(2, { prp2: DATA + 4, dwords: { 12: 23 } }), 0x013],
    ["beyond what a number can say", io(2, { prp1: 2 ** 63 }), 0x004],
  ])("%s", (_name, fields, status) =>
    started(async (bench) => {
      // A list of pages, for those that need one.
      for (let index = 0; index < 8; index++)
        bench.memory.writeUInt32LE(DATA + (index + 1) * PAGE, 20 * PAGE + index * 8);
      expect((await bench.run(1, fields)).status).toBe(status);
      expect(bench.read(0x1c), "it goes on").toBe(1);
      expect(bench.signals).toContain(1);
    }),
  );

  test("what is written is read, page by page", () =>
    started(
      async (bench) => {
        const bytes = Buffer.from(Array.from({ length: 6 * PAGE }, (_, index) => (index * 11) & 0xff));
        const pages = [30, 40, 35, 50, 33, 60, 61];
        // The list begins at the end of a page, and goes on in another one (§4.3).
        const list = 21 * PAGE - 16;
        const setList = (at: number, values: readonly number[]): void =>
          values.forEach((page, index) => bench.memory.writeUInt32LE(page * PAGE, at + index * 8));
        setList(list, [pages[1] ?? 0, 22]);
        setList(22 * PAGE, pages.slice(2));
        const start = (pages[0] ?? 0) * PAGE + 1024;
        const places = [[start, PAGE - 1024], ...pages.slice(1).map((page) => [page * PAGE, PAGE])] as [
          number,
          number,
        ][];
        let done = 0;
        for (const [at, length] of places) {
          bytes.subarray(done, done + length).copy(bench.memory, at);
          done += Math.min(length, bytes.length - done);
        }
        const fields = { prp1: start, prp2: list, dwords: { 10: 8, 12: 47 } };
        expect(await bench.run(1, { opcode: 1, ...fields })).toMatchObject({ status: 0 });
        bench.memory.fill(0, 30 * PAGE, 70 * PAGE);
        expect(await bench.run(1, { opcode: 2, ...fields })).toMatchObject({ status: 0 });
        const read = Buffer.concat(places.map(([at, length]) => bench.memory.subarray(at, at + length)));
        expect(Buffer.compare(read.subarray(0, bytes.length), bytes)).toBe(0);
        bench.memory[50 * PAGE] = (bench.memory[50 * PAGE] ?? 0) ^ 1;
        expect(await bench.run(1, { opcode: 5, ...fields })).toMatchObject({ status: 0x285 });
      },
      { mdts: 3 },
    ));

  test("deallocated ranges are zeroes, and none is touched when one is wrong (§6.7)", () =>
    started(async (bench) => {
      bench.memory.fill(0xaa, DATA, DATA + PAGE);
      for (const block of [0, 8, 16]) await bench.run(1, io(1, { dwords: { 10: block, 12: 7 } }));
      const range = (index: number, block: number, count: number): void => {
        bench.memory.writeUInt32LE(count, DATA + index * 16 + 4);
        bench.memory.writeUInt32LE(block, DATA + index * 16 + 8);
        bench.memory.writeUInt32LE(0, DATA + index * 16 + 12);
      };
      const manage = io(9, { dwords: { 10: 1, 11: 4 } });
      range(0, 0, 8);
      range(1, 511, 2);
      expect(await bench.run(1, manage)).toMatchObject({ status: 0x080 });
      range(1, 16, 4);
      expect(await bench.run(1, io(9, { dwords: { 10: 1, 11: 1 } }))).toMatchObject({ status: 0 });
      const sums = async () => {
        const found: number[] = [];
        for (const block of [0, 8, 16, 20]) {
          await bench.run(1, io(2, { prp1: DATA + PAGE, dwords: { 10: block } }));
          found.push(bench.memory[DATA + PAGE] ?? -1);
        }
        return found;
      };
      expect(await sums()).toEqual([0xaa, 0xaa, 0xaa, 0xaa]);
      range(0, 0, 8);
      range(1, 16, 4);
      expect(await bench.run(1, manage)).toMatchObject({ status: 0 });
      expect(await sums()).toEqual([0, 0xaa, 0, 0xaa]);
    }));

  test("what is protected is not written", () =>
    started(
      async (bench) => {
        for (const opcode of [1, 8]) expect((await bench.run(1, io(opcode))).status).toBe(0x020);
        expect((await bench.run(1, io(9, { dwords: { 11: 4 } }))).status).toBe(0x020);
        expect((await bench.run(1, io(2))).status).toBe(0);
      },
      { namespaces: [{ size: 64 * PAGE, blockSize: 512, readOnly: true }] },
    ));

  test("an identifier that is in use is refused", () =>
    started(async (bench) => {
      bench.submit(1, io(2, { id: 3 }));
      bench.submit(1, io(2, { id: 3 }));
      const both = [await bench.completion(1), await bench.completion(1)];
      expect(new Set(both.map(({ status }) => status))).toEqual(new Set([0, 0x003]));
    }));

  test("completions wait for room in their ring", () =>
    started(async (bench) => {
      // Nobody takes them: seven fit.
      for (let id = 1; id <= 7; id++) bench.submit(1, io(2, { id }));
      await bench.settled();
      const queue = 4 * PAGE;
      const last = bench.memory.readUInt32LE(queue + 7 * 16 + 12);
      expect(last).toBe(0);
      for (let id = 8; id <= 9; id++) bench.submit(1, io(2, { id }));
      await bench.settled();
      expect(bench.memory.readUInt32LE(queue + 7 * 16 + 12)).toBe(0);
      const seen = new Set<number>();
      for (let count = 0; count < 9; count++) seen.add((await bench.completion(1)).id);
      expect(seen).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9]));
    }));

  test("a reset forgets what is under way", () =>
    started(async (bench) => {
      bench.memory.fill(0x55, DATA, DATA + 512);
      bench.submit(1, io(2));
      bench.write(0x14, 0x0046_0000);
      await bench.settled();
      expect(bench.memory[DATA]).toBe(0x55);
      expect(bench.read(0x1c)).toBe(0);
    }));
});

describe("whatever a driver does, it never throws", () => {
  const offset = fc.oneof(fc.integer({ min: 0, max: 0x40 }), fc.integer({ min: 0xff0, max: 0x1100 }), fc.nat(0x3fff));
  const word = fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.integer({ min: 0, max: 0xffff_ffff }),
    fc.constant(0x0046_0001),
  );

  test("registers", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), offset, word), { maxLength: 60 }), (accesses) =>
        started(async (bench) => {
          for (const [isWrite, at, value] of accesses) {
            if (isWrite) bench.write(at - (at % 4), value);
            const read = bench.read(at - (at % 4));
            expect(Number.isInteger(read) && read >= 0 && read <= 0xffff_ffff).toBe(true);
          }
          await bench.settled();
        }),
      ),
      { numRuns: 200 },
    );
  });

  test("entries of queues", async () => {
    const prp = fc.oneof(
      fc.nat(MEMORY),
      fc.nat(64).map((page) => page * PAGE),
      fc.nat(2 ** 32),
    );
    const fields = fc.record({
      opcode: fc.oneof(fc.integer({ min: 0, max: 0x0c }), fc.integer({ min: 0, max: 255 })),
      flags: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 255 })),
      id: fc.integer({ min: 0, max: 0xffff }),
      namespace: fc.oneof(fc.constant(1), fc.nat(0xffff_ffff)),
      prp1: prp,
      prp2: prp,
      dwords: fc.record({ 10: word, 11: fc.oneof(fc.constant(0), word), 12: word, 13: word }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(0 as const, 1 as const), fields), { maxLength: 7 }), (all) =>
        started(async (bench) => {
          for (const [queue, one] of all) bench.submit(queue, one);
          await bench.settled();
          expect(bench.read(0x1c) & 1).toBe(1);
        }),
      ),
      { numRuns: 300 },
    );
  });
});
