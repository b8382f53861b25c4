import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { pattern, withBlock } from "./block-machine.ts";
import { blockErrors } from "../../../plugins/block/errors.ts";

test("a drive is told with its image, its cache and its node", () =>
  withBlock({ drives: [{ id: "d", if: "none", driver: "null-co", size: 4096, cache: "unsafe" }] }, async ({ run }) => {
    const [drive] = (await run("query-block")) as [Record<string, unknown>];
    expect(drive).toMatchObject({
      device: "d",
      removable: true,
      locked: false,
      inserted: { drv: "null-co", ro: false, cache: { writeback: true, direct: false, "no-flush": true } },
    });
  }));

test("the order of a machine's places is that of its drives", () =>
  withBlock(
    {
      drives: [
        { if: "none", id: "a" },
        { if: "none", id: "b" },
      ],
    },
    ({ block }) => {
      expect(block.drives.map(({ id, unit }) => [id, unit])).toEqual([
        ["a", 0],
        ["b", 1],
      ]);
    },
  ));

test.each([
  [{ id: "d", if: "foo" }, "unsupported bus type 'foo'"],
  [{ id: "d", if: "none", cache: "zz" }, "invalid cache option"],
  [{ id: "d", if: "none", media: "tape" }, "'tape' invalid media"],
  [{ id: "d", if: "none", werror: "cry" }, "'cry' invalid write error action"],
  [{ id: "d", if: "none", rerror: "enospc" }, "'enospc' invalid read error action"],
  [{ id: "d", if: "ide", unit: 3 }, "unit 3 too big (max is 0)"],
  [{ id: "d", if: "ide", index: 0, unit: 1 }, "index cannot be used with bus and unit"],
  [{ id: "d", if: "none", format: "raw" }, 'A block device must be specified for "file"'],
  [{ id: "d", if: "none", file: "foo:bar" }, "Unknown protocol 'foo'"],
  [
    { id: "d", if: "none", file: "null-co://", format: "raw", foo: "x" },
    "Block format 'raw' does not support the option 'foo'",
  ],
  [{ id: "d", if: "none", file: "null-co://", format: "zzz" }, "Unknown driver 'zzz'"],
  [
    { id: "d", if: "none", file: "null-co://", format: "raw", driver: "raw" },
    "Cannot specify both 'driver' and 'format'",
  ],
  [{ id: "d", if: "none", driver: "null-co", size: "-1" }, "Value '-1' is out of range for parameter 'size'"],
  [
    { id: "d", if: "none", driver: "null-co", size: "9223372036854775807" },
    "Could not refresh total sector count: File too large",
  ],
  [{ id: "d", if: "none", driver: "null-co", "latency-ns": "-1" }, "latency-ns is invalid"],
  [{ id: "d", if: "none", driver: "null-co", "latency-ns": "foo" }, "Parameter 'latency-ns' expects a number"],
  [{ id: "d", if: "none", file: "/nowhere/x", format: "raw", cache: "none" }, "'cache.direct=on' is not modelled yet"],
])("%o is refused", async (drive, message) => {
  await expect(withBlock({ drives: [drive] }, () => undefined)).rejects.toThrow(message);
});

test("an image that looks like another format is not taken for raw", () =>
  withBlock({}, async ({ image }) => {
    const qcow = image("q.img", Uint8Array.from([0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 3, ...pattern(600)]));
    await expect(withBlock({ drives: [{ id: "d", if: "none", file: qcow }] }, () => undefined)).rejects.toThrow(
      "qcow2",
    );
  }));

test("what was guessed to be raw cannot become something else by being written", () =>
  withBlock({}, async ({ image }) => {
    const file = image("r.img", new Uint8Array(1024));
    await withBlock({ drives: [{ id: "d", if: "none", file, "node-name": "n" }] }, async ({ node }) => {
      const head = Buffer.concat([Buffer.from("QED\0"), Buffer.alloc(508)]);
      expect(await node("n").write(0, [head])).toBe("EPERM");
      expect(await node("n").write(512, [head])).toBeUndefined();
    });
  }));

test("two machines cannot write one image, and both can read it", () =>
  withBlock({}, async ({ image }) => {
    // The locks are the host's, so whoever asks second is told, in this process or in another.
    const file = image("shared.img", new Uint8Array(512));
    const drives = [{ id: "d", if: "none", file, format: "raw" }];
    await withBlock({ drives }, (first) =>
      withBlock({ drives }, (second) => {
        const device = (name: string) =>
          ({ id: name, path: `/machine/peripheral/${name}`, type: { name: "disk" } }) as never;
        const one = first.block.attach("d", { device: device("one"), writable: true });
        expect(() => second.block.attach("d", { device: device("two"), writable: true })).toThrow(
          blockErrors.BLOCK_LOCK('"write"').message,
        );
        void one.dispose();
      }),
    );
  }));

test.each([undefined, "raw"])("a pipe is no image, and is not waited for: format %o", (format) =>
  withBlock({}, async ({ pathOf }) => {
    const file = pathOf("pipe");
    execFileSync("mkfifo", [file]);
    const drive = { id: "d", if: "none", file, ...(format === undefined ? {} : { format }) };
    await expect(withBlock({ drives: [drive] }, () => undefined)).rejects.toThrow(
      `'file' driver requires '${file}' to be a regular file`,
    );
  }),
);
