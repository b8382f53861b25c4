import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { pattern, withBlock, type BlockBench } from "./block-machine.ts";

const addFile = async (bench: BlockBench, bytes: Uint8Array): Promise<string> => {
  const filename = bench.image("a.img", bytes);
  await bench.run("blockdev-add", {
    driver: "raw",
    "node-name": "disk",
    file: { driver: "file", "node-name": "file", filename },
  });
  return filename;
};

test("a file is read into, and written from, scattered memory", () =>
  withBlock({}, async (bench) => {
    const filename = await addFile(bench, pattern(4096));
    const into = [new Uint8Array(100), new Uint8Array(412)];
    expect(await bench.node("disk").read(512, into)).toBeUndefined();
    expect(Buffer.concat(into)).toEqual(Buffer.from(pattern(4096).subarray(512, 1024)));
    expect(await bench.node("disk").write(1024, [Uint8Array.of(1, 2), Uint8Array.of(3)])).toBeUndefined();
    expect(await bench.node("disk").writeZeroes(2048, 1024)).toBeUndefined();
    expect(await bench.node("disk").flush()).toBeUndefined();
    const bytes = readFileSync(filename);
    expect([...bytes.subarray(1024, 1027)]).toEqual([1, 2, 3]);
    expect(bytes.subarray(2048, 3072).every((byte) => byte === 0)).toBe(true);
  }));

test("what a file lacks of its last sector is zero", () =>
  withBlock({}, async (bench) => {
    await addFile(bench, pattern(700));
    expect(bench.node("disk").length).toBe(1024);
    const into = new Uint8Array(512).fill(0xee);
    expect(await bench.node("disk").read(512, [into])).toBeUndefined();
    expect([...into.subarray(0, 188)]).toEqual([...pattern(700).subarray(512)]);
    expect(into.subarray(188).every((byte) => byte === 0)).toBe(true);
  }));

test("a request beyond the end fails, and nothing is touched", () =>
  withBlock({}, async (bench) => {
    const filename = await addFile(bench, pattern(1024));
    const into = new Uint8Array(512).fill(7);
    expect(await bench.node("disk").read(1000, [into])).toBe("EIO");
    expect(into.every((byte) => byte === 7)).toBe(true);
    expect(await bench.node("disk").write(1000, [into])).toBe("EIO");
    expect(new Uint8Array(readFileSync(filename))).toEqual(pattern(1024));
  }));

test("a window of a file behaves like an array of its bytes", () =>
  withBlock({}, async (bench) => {
    const length = 8192;
    await addFile(bench, pattern(length));
    await bench.run("blockdev-add", { driver: "raw", "node-name": "window", file: "disk", offset: 1024, size: 4096 });
    const node = bench.node("window");
    const model = pattern(length).slice(1024, 5120);
    const place = fc.record({
      offset: fc.integer({ min: 0, max: 4200 }),
      length: fc.integer({ min: 1, max: 700 }),
      cut: fc.integer({ min: 0, max: 700 }),
      byte: fc.integer({ min: 0, max: 255 }),
      kind: fc.constantFrom("read", "write", "zero"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(place, { maxLength: 12 }), async (steps) => {
        for (const { offset, length: size, cut, byte, kind } of steps) {
          const fits = offset + size <= model.length;
          const bytes = new Uint8Array(size).fill(byte);
          const vector = [bytes.subarray(0, Math.min(cut, size)), bytes.subarray(Math.min(cut, size))];
          const fault =
            kind === "read"
              ? await node.read(offset, vector)
              : kind === "write"
                ? await node.write(offset, vector)
                : await node.writeZeroes(offset, size);
          expect(fault).toBe(fits ? undefined : "EIO");
          if (!fits) continue;
          if (kind === "read") expect(bytes).toEqual(model.subarray(offset, offset + size));
          else model.fill(kind === "write" ? byte : 0, offset, offset + size);
        }
      }),
      { numRuns: 40 },
    );
  }));

test("null nodes have a size, and zeroes where they were asked to", () =>
  withBlock({}, async (bench) => {
    await bench.run("blockdev-add", { driver: "null-co", "node-name": "n", size: 4096, "read-zeroes": true });
    const into = new Uint8Array(512).fill(1);
    expect(await bench.node("n").read(0, [into])).toBeUndefined();
    expect(into.every((byte) => byte === 0)).toBe(true);
    expect(bench.node("n").length).toBe(4096);
  }));

test.each([
  [{ driver: "null-co", "latency-ns": -5 }, "latency-ns is invalid"],
  [{ driver: "null-co", "latency-ns": 2n ** 63n }, "latency-ns is invalid"],
  [{ driver: "null-aio", size: -1 }, "Value '-1' is out of range for parameter 'size'"],
  [{ driver: "null-co", size: 2n ** 63n - 1n }, "Could not refresh total sector count: File too large"],
  [{ driver: "raw", file: { driver: "null-co" }, size: -512 }, "Value '-512' is out of range for parameter 'size'"],
  [{ driver: "raw", file: { driver: "null-co" }, offset: -512 }, "Value '-512' is out of range for parameter 'offset'"],
  [{ driver: "blkdebug", image: { driver: "null-co" }, align: -1 }, "Value '-1' is out of range for parameter 'align'"],
])("%o is refused", (options, message) =>
  withBlock({}, async ({ run }) => {
    await expect(run("blockdev-add", { "node-name": "n", ...options })).rejects.toThrow(message);
  }),
);

test.each([
  ["null-co,size=9223372035781033984", 2 ** 63 - 2 ** 30],
  ["null-co,size=0x1000", 4096],
  ["null-co,size=01000", 512],
])("the text %s is a node of %i bytes", (argument, length) =>
  withBlock({ nodes: [{ commandLine: "-blockdev", argument: `${argument},node-name=n` }] }, ({ node }) => {
    expect(node("n").length).toBe(length);
  }),
);

test.each([
  ["null-co,latency-ns=-1", "latency-ns is invalid"],
  ["null-co,latency-ns=18446744073709551616", "Parameter 'latency-ns' expects integer"],
  ["null-co,size=9223372036854775808", "Parameter 'size' expects integer"],
])("the text %s is refused", async (argument, message) => {
  const nodes = [{ commandLine: "-blockdev", argument: `${argument},node-name=n` }];
  await expect(withBlock({ nodes }, () => undefined)).rejects.toThrow(message);
});

test("a read-only node refuses to be written", () =>
  withBlock({}, async (bench) => {
    const filename = bench.image("a.img", pattern(512));
    await bench.run("blockdev-add", { driver: "file", "node-name": "f", filename, "read-only": true });
    expect(await bench.node("f").write(0, [new Uint8Array(512)])).toBe("EPERM");
    expect(new Uint8Array(readFileSync(filename))).toEqual(pattern(512));
  }));

test("zeroes that are written can be found out", () =>
  withBlock({}, async (bench) => {
    await bench.run("blockdev-add", {
      driver: "blkdebug",
      "node-name": "b",
      "detect-zeroes": "on",
      image: { driver: "null-co" },
      "inject-error": [{ event: "none", iotype: "write-zeroes", errno: 28 }],
    });
    expect(await bench.node("b").write(0, [new Uint8Array(512)])).toBe("ENOSPC");
    expect(await bench.node("b").write(0, [Uint8Array.of(1)])).toBeUndefined();
  }));

test("an image grows and shrinks", () =>
  withBlock({}, async (bench) => {
    const filename = await addFile(bench, pattern(1024));
    await bench.run("block_resize", { "node-name": "disk", size: 4096 });
    expect(bench.node("disk").length).toBe(4096);
    expect(readFileSync(filename).length).toBe(4096);
    await bench.run("block_resize", { "node-name": "disk", size: 512 });
    expect(readFileSync(filename).length).toBe(512);
  }));

test.each([
  [{ driver: "null-co" }, "'node-name' must be specified for the root node"],
  [{ driver: "null-co", "node-name": "#a" }, "Invalid node-name: '#a'"],
  [{ driver: "null-co", "node-name": "a".repeat(32) }, "Node name too long"],
  [{ driver: "null-co", "node-name": "taken" }, "Duplicate nodes with node-name='taken'"],
  [{ driver: "null-co", "node-name": "drive" }, "node-name=drive is conflicting with a device id"],
  [{ driver: "null-co", "node-name": "a", "latency-ns": "x" }, "Parameter 'latency-ns' expects uint64"],
  [{ driver: "null-co", "node-name": "a", foo: 1 }, "Parameter 'foo' is unexpected"],
  [{ driver: "raw", "node-name": "a" }, "Parameter 'file' is missing"],
  [{ driver: "raw", "node-name": "a", file: "none" }, "Cannot find device='none' nor node-name='none'"],
  [{ driver: "raw", "node-name": "a", file: "taken", size: 1000 }, "Specified size is not multiple of 512"],
  [
    { driver: "raw", "node-name": "a", file: "taken", offset: 1e12 },
    "Offset (1000000000000) cannot be greater than size of the containing file (1073741824)",
  ],
  [{ driver: "qcow2", "node-name": "a", file: "taken" }, "does not accept value 'qcow2'"],
  [{ driver: "nothing", "node-name": "a" }, "Parameter 'driver' does not accept value 'nothing'"],
  [
    { driver: "file", "node-name": "a", filename: "/nowhere/x" },
    "Could not open '/nowhere/x': No such file or directory",
  ],
  [
    { driver: "blkdebug", "node-name": "a", image: "taken", config: "/nowhere/x" },
    "Could not read blkdebug config file: No such file or directory",
  ],
  [{ driver: "blkdebug", "node-name": "a", image: "taken", align: 3 }, "Cannot meet constraints with align 3"],
])("%o is refused", (args, message) =>
  withBlock({ drives: [{ id: "drive", if: "none" }] }, async (bench) => {
    await bench.run("blockdev-add", { driver: "null-co", "node-name": "taken" });
    await expect(bench.run("blockdev-add", args)).rejects.toThrow(message);
    expect(bench.block.node("a")).toBeUndefined();
    // What was opened for it is gone: the node can go.
    await bench.run("blockdev-del", { "node-name": "taken" });
  }),
);

test("a node stays while another stands on it", () =>
  withBlock({}, async (bench) => {
    await bench.run("blockdev-add", { driver: "null-co", "node-name": "low" });
    await bench.run("blockdev-add", { driver: "raw", "node-name": "high", file: "low" });
    await expect(bench.run("blockdev-del", { "node-name": "low" })).rejects.toThrow("Block device low is in use");
    await bench.run("blockdev-del", { "node-name": "high" });
    await bench.run("blockdev-del", { "node-name": "low" });
    await expect(bench.run("blockdev-del", { "node-name": "low" })).rejects.toThrow(
      "Failed to find node with node-name='low'",
    );
  }));

test("nodes go with the last that needs them, and only then", () =>
  withBlock({}, async (bench) => {
    await bench.run("blockdev-add", { driver: "raw", "node-name": "r", file: { driver: "null-co", "node-name": "n" } });
    await expect(bench.run("blockdev-del", { "node-name": "n" })).rejects.toThrow("Node n is not owned by the monitor");
    await bench.run("blockdev-del", { "node-name": "r" });
    expect(bench.block.node("n")).toBeUndefined();
  }));

test("a fault in a definition's node is at its value", async () => {
  const nodes = [
    { driver: "null-co", "node-name": "a" },
    { driver: "file", "node-name": "b", filename: 5 },
  ];
  const failure: unknown = await withBlock({ nodes }, () => undefined).catch((error: unknown) => error);
  expect(failure).toMatchObject({ path: ["nodes", 1, "filename"] });
});
