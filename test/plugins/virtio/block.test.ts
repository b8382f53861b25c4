import { describe, expect, test } from "vitest";
import { q35, withBoard } from "../pci/board.ts";
import { pattern, withDisk } from "./block-board.ts";
import { DATA, TYPE, type BlockTestDriver } from "./block-driver.ts";

const OK = 0;
const FAILED = 1;
const UNSUPPORTED = 2;
const NEEDS_RESET = 0x40;
const CONTENT = pattern(64 * 1024);

describe.each([
  ["descriptors in the ring", {}],
  ["indirect descriptors and event indices", { indirect: true, eventIndex: true }],
] as const)("requests with %s", (_, features) => {
  test("read and write", () =>
    withDisk({ ...features, content: CONTENT }, async ({ driver, image }) => {
      expect(await driver.read(3, DATA, 1024)).toBe(OK);
      expect(driver.bytes(DATA, 1024)).toEqual(CONTENT.subarray(1536, 2560));
      driver.put(DATA, pattern(512, 99));
      expect(await driver.write(5, DATA, 512)).toBe(OK);
      expect(await driver.request(TYPE.flush, 0, [])).toBe(OK);
      expect(image().subarray(2560, 3072)).toEqual(Buffer.from(pattern(512, 99)));
    }));

  test("gather and scatter", () =>
    withDisk({ ...features, content: CONTENT }, async ({ driver }) => {
      const lengths = [100, 412, 1000, 24];
      const pieces = lengths.map((length, index) => ({ address: DATA + index * 0x1803, length, writable: true }));
      expect(await driver.request(TYPE.read, 7, pieces)).toBe(OK);
      const got = Buffer.concat(pieces.map(({ address, length }) => driver.bytes(address, length)));
      expect(got).toEqual(Buffer.from(CONTENT.subarray(7 * 512, 10 * 512)));
    }));

  test("run many at a time, also around the end of the ring", () =>
    withDisk({ ...features, content: CONTENT, size: 16 }, async ({ driver }) => {
      for (let round = 0; round < 8; round++) {
        const sectors = [round, round + 20, round + 40];
        const all = sectors.map((sector, index) => driver.read(sector, DATA + index * 512, 512));
        expect(await Promise.all(all)).toEqual([OK, OK, OK]);
        sectors.forEach((sector, index) =>
          expect(driver.bytes(DATA + index * 512, 512)).toEqual(CONTENT.subarray(sector * 512, (sector + 1) * 512)),
        );
      }
    }));
});

describe("what cannot be done", () => {
  test.each([
    ["sectors beyond the end", TYPE.read, 127, 1024, FAILED],
    ["a sector far beyond the end", TYPE.write, 2 ** 40, 512, FAILED],
    ["a sector beyond what numbers hold", TYPE.read, 2 ** 62, 512, FAILED],
    ["less than a block", TYPE.read, 0, 100, FAILED],
    ["an unknown type", 40, 0, 512, UNSUPPORTED],
    ["a zone's command", 18, 0, 512, UNSUPPORTED],
    ["a discard that goes the wrong way", 10, 0, 512, UNSUPPORTED],
  ])("%s", (_name, type, sector, length, status) =>
    withDisk({ content: CONTENT }, async ({ driver, image }) => {
      const writable = (type & 1) === 0;
      expect(await driver.request(type, sector, [{ address: DATA, length, writable }])).toBe(status);
      expect(driver.status & NEEDS_RESET).toBe(0);
      expect(image()).toEqual(Buffer.from(CONTENT));
    }),
  );

  test("blocks of 4 KiB are read whole", () =>
    withDisk({ device: ",logical_block_size=4096,physical_block_size=4096" }, async ({ driver }) => {
      expect(await driver.read(1, DATA, 4096)).toBe(FAILED);
      expect(await driver.read(8, DATA, 512)).toBe(FAILED);
      expect(await driver.read(8, DATA, 4096)).toBe(OK);
    }));

  test("a medium that is not to be written", () =>
    withDisk({ node: "null-co,read-only=on" }, async ({ driver }) => {
      expect(driver.offered()[0] & 0x20).toBe(0x20);
      expect(await driver.write(0, DATA, 512)).toBe(FAILED);
    }));
});

test("the serial ends with a zero where there is room", () =>
  withDisk({ device: ",serial=0123456789012345678901234" }, async ({ driver }) => {
    expect(await driver.request(TYPE.id, 0, [{ address: DATA, length: 20, writable: true }])).toBe(OK);
    expect(Buffer.from(driver.bytes(DATA, 20)).toString()).toBe("01234567890123456789");
  }));

describe("DISCARD and WRITE ZEROES", () => {
  function range(driver: BlockTestDriver, sector: number, count: number, flags: number, length = 16) {
    for (const [offset, value] of [
      [0, sector],
      [4, 0],
      [8, count],
      [12, flags],
    ] as const)
      driver.board.store(DATA + offset, value);
    return [{ address: DATA, length, writable: false }];
  }

  test.each([
    ["zeroes", TYPE.writeZeroes, 0],
    ["zeroes that may be holes", TYPE.writeZeroes, 1],
    ["discarded sectors", TYPE.discard, 0],
  ])("%s read as zero", (_name, type, flags) =>
    withDisk({ content: CONTENT }, async ({ driver }) => {
      expect(await driver.request(type, 0, range(driver, 8, 16, flags))).toBe(OK);
      expect(await driver.read(8, DATA, 8192)).toBe(OK);
      expect(driver.bytes(DATA, 8192)).toEqual(new Uint8Array(8192));
      expect(await driver.read(24, DATA, 512)).toBe(OK);
      expect(driver.bytes(DATA, 512)).toEqual(CONTENT.subarray(24 * 512, 25 * 512));
    }),
  );

  test.each([
    ["beyond the end", 120, 16, 0, 16, FAILED],
    ["more than the limit", 0, 65, 0, 16, FAILED],
    ["an unknown flag", 0, 8, 2, 16, UNSUPPORTED],
    ["unmapping a discard", 0, 8, 1, 16, UNSUPPORTED],
    ["two ranges", 0, 8, 0, 32, UNSUPPORTED],
  ])("%s is refused", (_name, sector, count, flags, length, status) =>
    withDisk({ device: ",max-discard-sectors=64" }, async ({ driver }) => {
      expect(await driver.request(TYPE.discard, 0, range(driver, sector, count, flags, length))).toBe(status);
    }),
  );

  test("are not offered where the user turned them off", () =>
    withDisk({ device: ",discard=off,write-zeroes=off" }, ({ driver }) => {
      expect(driver.offered()[0] & 0x6000).toBe(0);
      expect(driver.config(0x20, 4)).toBe(0x10001);
      expect(driver.config(0x24, 4)).toBe(0xffffffff);
    }));
});

describe("a driver that breaks a rule", () => {
  test.each([
    ["no status", [{ address: DATA, length: 16, writable: false }]],
    ["no header", [{ address: DATA, length: 16, writable: true }]],
    [
      "a short header",
      [
        { address: DATA, length: 15, writable: false },
        { address: DATA + 16, length: 1, writable: true },
      ],
    ],
  ])("%s: the device needs a reset, and works after it", (_name, pieces) =>
    withDisk({ content: CONTENT }, async ({ driver }) => {
      void driver.submit(pieces);
      expect(driver.status & NEEDS_RESET).toBe(NEEDS_RESET);
      driver.start();
      expect(await driver.read(0, DATA, 512)).toBe(OK);
    }),
  );
});

describe("the write cache", () => {
  test("is the driver's to switch, and a reset restores it", () =>
    withDisk({}, ({ driver, run }) => {
      expect(driver.config(0x20, 1)).toBe(1);
      driver.config(0x20, 1, 0);
      expect(driver.config(0x20, 1)).toBe(0);
      driver.common(0x14, 1, 0);
      expect(driver.config(0x20, 1)).toBe(1);
      void run;
    }));

  test("is off for a driver that neither switches it nor flushes", () =>
    withDisk({ features: 0 }, ({ driver }) => {
      expect(driver.config(0x20, 1)).toBe(0);
    }));
});

test("a new size is told by an interrupt", () =>
  withDisk({}, async ({ driver, run }) => {
    const generation = driver.common(0x15, 1);
    driver.common(0x1000, 1);
    await run("block_resize", { "node-name": "n", size: 128 * 1024 });
    expect(driver.config(0, 4)).toBe(256);
    expect(driver.common(0x15, 1)).toBe(generation + 1);
    expect(driver.common(0x1000, 1)).toBe(3);
  }));

test("a driver that offers requests before it is ready is heard when it is", () =>
  withDisk({ content: CONTENT }, async ({ driver }) => {
    driver.common(0x14, 1, 0xb);
    const reading = driver.request(TYPE.read, 0, [{ address: DATA, length: 512, writable: true }]);
    driver.common(0x14, 1, 0xf);
    expect(await reading).toBe(OK);
  }));

test("there is a queue for each processor, unless the user says otherwise", async () => {
  await withDisk({ args: ["-smp", "4"] }, ({ driver }) => {
    expect(driver.common(0x12, 2)).toBe(4);
    expect(driver.config(0x22, 2)).toBe(4);
    expect(driver.offered()[0] & 0x1000).toBe(0x1000);
  });
  await withDisk({ device: ",num-queues=2,queue-size=64" }, ({ driver }) => {
    driver.common(0x14, 1, 0);
    expect(driver.common(0x12, 2)).toBe(2);
    expect(driver.common(0x18, 2)).toBe(64);
    expect(driver.config(12, 4)).toBe(62);
  });
});

test.each([
  ["virtio-blk-pci", 0x1001, 0],
  ["virtio-blk-pci-transitional", 0x1001, 0],
  ["virtio-blk-pci-non-transitional", 0x1042, 1],
])("%s is device %i", (type, id, revision) =>
  withDisk({ type }, async ({ board, driver }) => {
    expect(board.config({ slot: 1 }, 0).read()).toBe(((id << 16) | 0x1af4) >>> 0);
    expect(board.config({ slot: 1 }, 8).read()).toBe(0x0100_0000 | revision);
    expect(await driver.read(0, DATA, 512)).toBe(OK);
  }),
);

test("without the modern interface SCSI commands are offered, as they always were, and refused", () =>
  withBoard(
    q35("-blockdev", "null-co,node-name=n", "-device", "virtio-blk-pci,drive=n,addr=1,disable-modern=on"),
    (board) => {
      board.config({ slot: 1 }, 0x10).write(0xc000);
      board.config({ slot: 1 }, 0x04).write(0x7, 2);
      const features = board.in(0xc000);
      expect(features & 0x80).toBe(0x80);
      expect(features & 0x0800_0000).toBe(0);
    },
  ));

test.each([
  ["", "drive property not set"],
  [",drive=nosuch", "Property 'virtio-blk-device.drive' can't find value 'nosuch'"],
  [",drive=empty", "Device needs media, but drive is empty"],
  [",drive=n,num-queues=0", "num-queues property must be larger than 0"],
  [",drive=n,queue-size=2", "invalid queue-size property (2), must be > 2"],
  [",drive=n,queue-size=100", "invalid queue-size property (100), must be a power of 2 (max 1024)"],
  [",drive=n,logical_block_size=4096", "logical_block_size > physical_block_size not supported"],
  [",drive=n,min_io_size=100", "min_io_size must be a multiple of logical_block_size"],
  [",drive=n,min_io_size=64M", "min_io_size must not exceed 65535 logical blocks"],
  [",drive=n,opt_io_size=100", "opt_io_size must be a multiple of logical_block_size"],
  [",drive=n,discard_granularity=100", "discard_granularity must be a multiple of logical_block_size"],
  [",drive=n,max-discard-sectors=0", "invalid max-discard-sectors property (0), must be between 1 and 4194303"],
  [",drive=n,cyls=70000,heads=1,secs=1", "cyls must be between 1 and 65535"],
])("-device virtio-blk-pci%s is refused", async (options, message) => {
  const args = q35(
    "-blockdev",
    "null-co,node-name=n",
    "-drive",
    "if=none,id=empty",
    "-device",
    `virtio-blk-pci${options}`,
  );
  await expect(withBoard(args, () => undefined)).rejects.toThrow(message);
});
