import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  byteLength,
  definePlugin,
  DensePageBitmap,
  DEVICES,
  DIRTY_MEMORY,
  guestAddress,
  IOMMU_READ_WRITE,
  MEMORY_REGIONS,
  RAM_LIST,
  SYSTEM_MEMORY,
  WHOLE_SPACE,
  type HostAddress,
} from "backplane";
import { BLOCK } from "backplane/plugins/block/contract";
import { BLOCK_RAM_REGISTRARS } from "backplane/plugins/block-ram-registrar/contract";
import { PCI } from "backplane/plugins/pci/contract";
import { pattern, tick, until, withDisk, type DiskBench } from "./block-board.ts";
import { DATA, TYPE } from "./block-driver.ts";

const CONTENT = pattern(64 * 1024);
const REFUSING = { "block-ram-registrar": { value: { limit: { bytes: 4096 } } } };
const PLUGGED = 0x1_0000_0000;

function plug({ board }: DiskBench, name: string) {
  const { machine } = board;
  const region = machine.service(MEMORY_REGIONS).ram(name, byteLength(0x10000));
  machine.service(SYSTEM_MEMORY).root.addSubregion(guestAddress(PLUGGED), region);
  const block = machine.service(RAM_LIST).byIdstr(name);
  if (block === undefined) throw new Error("the memory has no block");
  return { region, block };
}

test("where memory is registered, data takes no detour; else it is copied", async () => {
  await withDisk({ content: CONTENT }, async ({ driver, registrar }) => {
    await driver.read(0, DATA, 4096);
    await driver.write(8, DATA, 4096);
    expect(registrar.transfers).toEqual({ direct: 2, bounced: 0 });
  });
  await withDisk({ content: CONTENT, options: REFUSING }, async ({ board, driver, registrar }) => {
    expect(registrar.ok).toBe(false);
    expect(board.log.some(({ message }) => message.startsWith("Failed to register buffer 0x"))).toBe(true);
    await driver.read(0, DATA, 4096);
    await driver.write(8, DATA, 4096);
    expect(registrar.transfers).toEqual({ direct: 0, bounced: 2 });
  });
});

const request = fc.record({
  type: fc.constantFrom(TYPE.read, TYPE.write),
  sector: fc.nat(120),
  at: fc.nat(0x4000),
  cuts: fc.array(fc.integer({ min: 1, max: 2047 }), { maxLength: 4 }),
  length: fc.constantFrom(512, 1024, 2048),
});

type DiskRequest = typeof request extends fc.Arbitrary<infer T> ? T : never;

/** The request's data lies in pieces, one behind the other. */
async function play({ driver }: DiskBench, { type, sector, at, cuts, length }: DiskRequest): Promise<number> {
  const ends = [...new Set([...cuts.filter((cut) => cut < length), length])].toSorted((a, b) => a - b);
  const pieces = ends.map((end, index) => {
    const start = index === 0 ? 0 : (ends[index - 1] ?? 0);
    return { address: DATA + at + start, length: end - start, writable: type === TYPE.read };
  });
  return driver.request(type, sector, pieces);
}

test("both ways give the same bytes", () =>
  withDisk({ content: CONTENT }, (direct) =>
    withDisk({ content: CONTENT, options: REFUSING }, async (copied) => {
      const after = ({ driver, image }: DiskBench) => Buffer.concat([driver.bytes(DATA, 0x5000), image()]);
      await fc.assert(
        fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 12 }), async (requests) => {
          for (const one of requests) expect(await play(direct, one)).toBe(await play(copied, one));
          expect(after(direct).equals(after(copied))).toBe(true);
        }),
        { numRuns: 40 },
      );
      expect(direct.registrar.transfers.bounced).toBe(0);
      expect(copied.registrar.transfers.direct).toBe(0);
    }),
  ));

test("a copy of more than the bounce buffer goes in pieces", () =>
  withDisk(
    { content: pattern(9 * 1024 * 1024), options: REFUSING, size: 256, args: [] },
    async ({ driver, registrar }) => {
      expect(await driver.read(0, 0x80_0000, 9 * 1024 * 1024)).toBe(0);
      expect(registrar.transfers.bounced).toBe(1);
      const last = driver.bytes(0x80_0000 + 9 * 1024 * 1024 - 512, 512);
      expect(last).toEqual(pattern(9 * 1024 * 1024).subarray(-512));
    },
  ));

test("the backend is told where the memory lies", () =>
  withDisk({ content: CONTENT }, async ({ board, driver, registrar }) => {
    const seen: (readonly HostAddress[] | undefined)[] = [];
    const read = registrar.backend.read.bind(registrar.backend);
    registrar.backend.read = (offset, into, options) => {
      seen.push(options?.addresses);
      return read(offset, into, options);
    };
    await driver.read(0, DATA, 4096);
    const ram = board.machine.service(RAM_LIST).byIdstr("pc.ram");
    expect(seen).toEqual([[(ram?.hostAddress ?? 0) + DATA]]);
  }));

test.each([
  ["registered", {}],
  ["copied", { options: REFUSING }],
])("what a read brings into %s memory is dirty", (_name, options) =>
  withDisk({ content: CONTENT, ...options }, async ({ board, driver }) => {
    const dirty = board.machine.service(DIRTY_MEMORY);
    const log = dirty.log("migration");
    const ram = board.machine.service(RAM_LIST).byIdstr("pc.ram");
    if (ram === undefined) throw new Error("no RAM");
    await driver.read(0, DATA + 0x1800, 0x2000);
    const pages = new DensePageBitmap(ram.usedLength / 4096);
    dirty.sync("migration", ram, pages);
    const first = DATA / 4096;
    expect([0, 1, 2, 3, 4].map((page) => pages.get(first + page))).toEqual([false, true, true, true, false]);
    void log.dispose();
  }),
);

describe("memory that is none", () => {
  test("a hole takes data and gives zeroes", () =>
    withDisk({ content: CONTENT }, async ({ driver, registrar, image }) => {
      expect(await driver.read(0, 0xd000_0000, 512)).toBe(0);
      expect(await driver.write(0, 0xd000_0000, 512)).toBe(0);
      expect(registrar.transfers).toEqual({ direct: 0, bounced: 2 });
      expect(image().subarray(0, 512)).toEqual(Buffer.alloc(512));
    }));

  test("more of it than may be copied breaks the device", () =>
    withDisk({ content: CONTENT }, ({ board, driver }) => {
      void driver.read(0, 0xd000_0000, 8192);
      expect(driver.status & 0x40).toBe(0x40);
      expect(board.log.at(-1)?.details?.["reason"]).toBe("virtio: bogus descriptor or out of resources");
    }));
});

describe("behind an IOMMU", () => {
  const SHIFT = 0x10_0000;
  const iommu = definePlugin({
    id: "shift",
    apiVersion: 1,
    summary: "Translates by a constant",
    requires: [PCI],
    attach(machine) {
      const regions = machine.use(MEMORY_REGIONS);
      const target = machine.use(SYSTEM_MEMORY);
      const region = regions.iommu("shift", WHOLE_SPACE, {
        translate(address, _access, _attributes, into) {
          const page = address - (address % 4096);
          const isData = page >= DATA && page < DATA + SHIFT;
          into.target = target;
          into.translated = isData ? page + SHIFT : page;
          into.size = 4096;
          into.permission = IOMMU_READ_WRITE;
        },
      });
      const space = regions.addressSpace("shift", region);
      machine.own(space);
      machine.own(machine.use(PCI).useIommu({ spaceOf: () => space }));
    },
  });
  const PLATFORM = { content: CONTENT, plugins: [iommu], device: ",disable-legacy=on,iommu_platform=on" };

  test("a device that uses the platform's has memory where that says", () =>
    withDisk({ ...PLATFORM, featuresHigh: 3 }, async ({ driver, registrar }) => {
      expect(driver.offered()[1] & 2).toBe(2);
      expect(await driver.read(0, DATA, 8192)).toBe(0);
      expect(driver.bytes(DATA + SHIFT, 8192)).toEqual(CONTENT.subarray(0, 8192));
      expect(registrar.transfers).toEqual({ direct: 1, bounced: 0 });
    }));

  test("any other goes past it", () =>
    withDisk({ content: CONTENT, plugins: [iommu] }, async ({ driver, registrar }) => {
      expect(driver.offered()[1] & 2).toBe(0);
      expect(await driver.read(0, DATA, 8192)).toBe(0);
      expect(driver.bytes(DATA, 8192)).toEqual(CONTENT.subarray(0, 8192));
      expect(registrar.transfers).toEqual({ direct: 1, bounced: 0 });
    }));

  test("a driver that does not accept the platform's does not get FEATURES_OK", () =>
    withDisk(PLATFORM, ({ driver }) => {
      driver.common(0x14, 1, 0);
      driver.common(0x14, 1, 3);
      driver.common(8, 4, 1);
      driver.common(0xc, 4, 1);
      driver.common(0x14, 1, 0xb);
      expect(driver.status).toBe(3);
    }));

  test("a legacy interface and the platform's exclude each other", () =>
    expect(withDisk({ device: ",iommu_platform=on" }, () => undefined)).rejects.toThrow(
      "VIRTIO_F_IOMMU_PLATFORM was supported by neither legacy nor transitional device",
    ));
});

/** A node whose requests wait until the test lets them go. */
const gate = (() => {
  const waiting: (() => void)[] = [];
  const wait = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
  return {
    waiting,
    open: () => waiting.splice(0).forEach((go) => go()),
    plugin: definePlugin({
      id: "gate",
      apiVersion: 1,
      summary: "A disk that waits",
      requires: [BLOCK],
      attach(machine) {
        const driver = {
          name: "null-co",
          children: [],
          identifying: [],
          open: () => ({
            length: 65536,
            filename: undefined,
            read: async (_offset: number, into: readonly Uint8Array[]) => {
              await wait();
              for (const part of into) part.fill(0xaa);
              return undefined;
            },
            write: async () => {
              await wait();
              return undefined;
            },
          }),
        };
        machine.own(machine.use(BLOCK).addDriver(driver));
      },
    }),
  };
})();
/** Its geometry is given, so that nobody else reads it. */
const GATED = { node: "null-co", device: ",cyls=1,heads=1,secs=1", plugins: [gate.plugin] };

describe("while a request is under way", () => {
  test("a reset is complete when nothing touches memory any more", () =>
    withDisk(GATED, async ({ driver }) => {
      void driver.read(0, DATA, 512);
      await until(() => gate.waiting.length === 1);
      driver.common(0x14, 1, 0);
      expect(driver.status).not.toBe(0);
      gate.open();
      await until(() => driver.status === 0);
      driver.put(DATA, new Uint8Array(512));
      driver.start();
      const again = driver.read(0, DATA, 512);
      await until(() => gate.waiting.length === 1);
      gate.open();
      expect(await again).toBe(0);
    }));

  test("what a copied read brought before a reset is thrown away", () =>
    withDisk(GATED, async ({ driver, registrar }) => {
      driver.put(DATA, new Uint8Array(512));
      const hole = { address: 0xd000_0000, length: 512, writable: true };
      void driver.request(TYPE.read, 0, [{ address: DATA, length: 512, writable: true }, hole]);
      await until(() => gate.waiting.length === 1);
      expect(registrar.transfers).toEqual({ direct: 0, bounced: 1 });
      driver.common(0x14, 1, 0);
      gate.open();
      await until(() => driver.status === 0);
      expect(driver.bytes(DATA, 512)).toEqual(new Uint8Array(512));
    }));

  test("an unplugged device waits for it", () =>
    withDisk(GATED, async ({ board, driver }) => {
      void driver.read(0, DATA, 512);
      await until(() => gate.waiting.length === 1);
      const devices = board.machine.service(DEVICES);
      const disk = devices.byId("v");
      if (disk === undefined) throw new Error("no disk");
      let isGone = false;
      const gone = devices.remove(disk).then(() => {
        isGone = true;
      });
      await tick();
      expect(isGone).toBe(false);
      gate.open();
      await gone;
      expect(board.machine.service(BLOCK_RAM_REGISTRARS).all()).toEqual([]);
    }));

  test("its memory may go: the data goes nowhere", () =>
    withDisk(GATED, async (bench) => {
      const { driver, registrar, board } = bench;
      const { region } = plug(bench, "plugged");
      const reading = driver.read(0, PLUGGED, 512);
      await until(() => gate.waiting.length === 1);
      board.machine.service(SYSTEM_MEMORY).root.removeSubregion(region);
      board.machine.service(MEMORY_REGIONS).destroy(region);
      expect(registrar.ok).toBe(true);
      gate.open();
      expect(await reading).toBe(0);
    }));

  test("its memory may be zeroed: what comes later stays", () =>
    withDisk(GATED, async ({ board, driver }) => {
      const ram = board.machine.service(RAM_LIST).byIdstr("pc.ram");
      driver.put(DATA, new Uint8Array(4096).fill(1));
      const reading = driver.read(0, DATA, 512);
      await until(() => gate.waiting.length === 1);
      ram?.host.discard(DATA, 0x10_0000);
      gate.open();
      expect(await reading).toBe(0);
      expect(driver.bytes(DATA, 512)).toEqual(new Uint8Array(512).fill(0xaa));
    }));
});
