import { tmpdir } from "node:os";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { expect, test } from "vitest";
import { withBlock } from "./block-machine.ts";

const sector = (): Uint8Array[] => [new Uint8Array(512)];
const over = { driver: "null-co", size: 65536, "read-zeroes": true };

test("an error is injected once, and where it was said", () =>
  withBlock({}, async ({ run, node }) => {
    await run("blockdev-add", {
      driver: "raw",
      "node-name": "r",
      file: {
        driver: "blkdebug",
        image: over,
        "inject-error": [{ event: "read_aio", sector: 3, errno: 28, once: true }],
      },
    });
    expect(await node("r").read(0, sector())).toBeUndefined();
    expect(await node("r").read(3 * 512, sector())).toBe("ENOSPC");
    expect(await node("r").read(3 * 512, sector())).toBeUndefined();
  }));

test("states lead from one event to the next", () =>
  withBlock({}, async ({ run, node }) => {
    await run("blockdev-add", {
      driver: "raw",
      "node-name": "r",
      file: {
        driver: "blkdebug",
        image: over,
        "set-state": [{ event: "write_aio", state: 1, new_state: 2 }],
        "inject-error": [{ event: "flush_to_disk", state: 2, iotype: "flush" }],
      },
    });
    expect(await node("r").flush()).toBeUndefined();
    expect(await node("r").write(0, sector())).toBeUndefined();
    expect(await node("r").flush()).toBe("EIO");
  }));

test("large and unaligned requests are cut to the limits", () =>
  withBlock({}, async ({ run, node, image }) => {
    const filename = image("a.img", new Uint8Array(16384).fill(5));
    await run("blockdev-add", {
      driver: "blkdebug",
      "node-name": "b",
      align: 4096,
      "max-transfer": 4096,
      image: { driver: "file", filename },
    });
    const into = new Uint8Array(8000);
    expect(await node("b").read(100, [into])).toBeUndefined();
    expect(into.every((byte) => byte === 5)).toBe(true);
    expect(await node("b").write(4000, [new Uint8Array(200).fill(9)])).toBeUndefined();
    expect(await node("b").read(3999, [into])).toBeUndefined();
    expect([...into.subarray(0, 2), ...into.subarray(200, 202)]).toEqual([5, 9, 9, 5]);
  }));

test("rules come from a file", () =>
  withBlock({}, async ({ run, node, pathOf }) => {
    writeFileSync(
      pathOf("rules"),
      '# none at first\n[inject-error]\n  event = "none"\n  iotype = "write"\n  errno = "5"\n',
    );
    await run("blockdev-add", { driver: "blkdebug", "node-name": "b", config: pathOf("rules"), image: over });
    expect(await node("b").read(0, sector())).toBeUndefined();
    expect(await node("b").write(0, sector())).toBe("EIO");
  }));

test("rules of a pipe are waited for, and the machine goes on meanwhile", () =>
  withBlock({}, async ({ run, block, pathOf }) => {
    execFileSync("mkfifo", [pathOf("pipe")]);
    let done = false;
    const added = run("blockdev-add", { driver: "blkdebug", "node-name": "b", config: pathOf("pipe"), image: over });
    void added.then(() => (done = true));
    await run("blockdev-add", { driver: "null-co", "node-name": "other" });
    expect(done).toBe(false);
    expect(block.node("b")).toBeUndefined();
    // Whoever writes a pipe waits for its reader.
    await (await open(pathOf("pipe"), "w")).close();
    await added;
    expect(block.node("b")).toBeDefined();
  }));

test("a pipe's writer may have come first, and leave at once", () =>
  withBlock({}, async ({ run, block, pathOf }) => {
    execFileSync("mkfifo", [pathOf("pipe")]);
    // It waits until the pipe is opened to be read, and is gone when that is done: there is no second opening for it.
    const written = open(pathOf("pipe"), "w").then((writer) => writer.close());
    await run("blockdev-add", { driver: "blkdebug", "node-name": "b", config: pathOf("pipe"), image: over });
    await written;
    expect(block.node("b")).toBeDefined();
  }));

test("a file of rules that is none is refused", () =>
  withBlock({}, async ({ run, pathOf }) => {
    writeFileSync(pathOf("rules"), "[nonsense]\n");
    await expect(
      run("blockdev-add", { driver: "blkdebug", "node-name": "b", config: pathOf("rules"), image: over }),
    ).rejects.toThrow("There is no option group 'nonsense'");
  }));

test.each([
  ["/dev/zero", "longer than 262144 bytes"],
  [tmpdir(), "Cannot read config file: Is a directory"],
  ["/nowhere/rules", "Could not read blkdebug config file: No such file or directory"],
])("rules that are %s end, and are refused, at once", async (config, message) => {
  const node = { driver: "blkdebug", "node-name": "b", config, image: { driver: "null-co" } };
  await expect(withBlock({ nodes: [node] }, () => undefined)).rejects.toThrow(message);
  await withBlock({}, ({ run }) => expect(run("blockdev-add", node)).rejects.toThrow(message));
});

test("a definition's node does not wait for a pipe", () =>
  withBlock({}, async ({ pathOf }) => {
    execFileSync("mkfifo", [pathOf("pipe")]);
    const node = { driver: "blkdebug", "node-name": "b", config: pathOf("pipe"), image: { driver: "null-co" } };
    await expect(withBlock({ nodes: [node] }, () => undefined)).rejects.toThrow("is a pipe");
  }));

test("a pipe that is too long is not read to its end", () =>
  withBlock({}, async ({ run, pathOf }) => {
    execFileSync("mkfifo", [pathOf("pipe")]);
    const added = run("blockdev-add", { driver: "blkdebug", "node-name": "b", config: pathOf("pipe"), image: over });
    const refused = expect(added).rejects.toThrow("longer than 262144 bytes");
    const writer = await open(pathOf("pipe"), "w");
    const write = async (): Promise<void> => {
      for (let part = 0; part < 64; part++) await writer.write(Buffer.alloc(16_384, "#"));
    };
    // The reader has left before it has been given everything.
    await expect(write()).rejects.toThrow("EPIPE");
    await refused;
    await writer.close();
  }));

test("what is no rule is refused in the peer's words", () =>
  withBlock({}, async ({ run, pathOf }) => {
    writeFileSync(pathOf("rules"), "aaaa\n");
    await expect(
      run("blockdev-add", { driver: "blkdebug", "node-name": "b", config: pathOf("rules"), image: over }),
    ).rejects.toThrow(/^no group defined$/);
  }));
