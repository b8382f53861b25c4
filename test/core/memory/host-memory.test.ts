import { fstatSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { AnonymousMemory, byteLength, FileMemory, GiB, KiB, MiB, posixMemory, SharedFileMemory } from "backplane";
import { describeHostMemory } from "./host-memory-conformance.ts";
import { codeOf } from "./machine-memory.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-memory-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(content: Uint8Array, length: number): string {
  const name = path.join(folder, `f${files++}`);
  writeFileSync(name, content);
  truncateSync(name, length);
  return name;
}

describeHostMemory("AnonymousMemory", (length, content) => {
  const memory = new AnonymousMemory(length);
  memory.write(0, content);
  return memory;
});
describeHostMemory("FileMemory", (length, content) => new FileMemory({ path: file(content, length) }, length));
describeHostMemory(
  "FileMemory over a short file",
  (length, content) => new FileMemory({ path: file(content, content.length) }, length),
);
describeHostMemory("SharedFileMemory", (length, content) =>
  SharedFileMemory.open({ path: file(content, length) }, length),
);
describeHostMemory("SharedFileMemory over a memfd", (length, content) => {
  const memory = SharedFileMemory.memfd("test", length);
  memory.write(0, content);
  return memory;
});

describe("AnonymousMemory", () => {
  test("of 20 GiB with 1 MiB touched costs about 1 MiB", () => {
    const before = process.memoryUsage();
    const memory = new AnonymousMemory(byteLength(20 * GiB));
    const page = new Uint8Array(4 * KiB).fill(1);
    for (let i = 0; i < 256; i++) memory.write(19 * GiB + i * 4 * KiB, page);
    const after = process.memoryUsage();
    expect(memory.residentBytes()).toBe(MiB);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1.25 * MiB);
    expect(memory.nextResident(0, 20 * GiB)).toBe(19 * GiB);
    expect(memory.isKnownZero(0, 19 * GiB)).toBe(true);
  });
});

describe("FileMemory", () => {
  test("starts at an offset, and never writes back", () => {
    const name = file(Uint8Array.from([1, 2, 3, 4, 5]), 8192);
    const memory = new FileMemory({ path: name, offset: 2 }, byteLength(4096));
    expect(memory.readUint(0, 2)).toBe(0x0403);
    memory.writeUint(0, 1, 9);
    memory.flush();
    expect([...readFileSync(name).subarray(0, 5)]).toEqual([1, 2, 3, 4, 5]);
    memory.dispose();
  });

  test("reads only what is asked for", () => {
    const memory = new FileMemory({ path: file(new Uint8Array(1 * MiB).fill(3), MiB) }, byteLength(MiB));
    expect(memory.residentBytes()).toBe(0);
    memory.read(0, new Uint8Array(MiB));
    expect(memory.residentBytes()).toBe(0);
    memory.readUint(0, 4);
    expect(memory.residentBytes()).toBe(64 * KiB);
    memory.dispose();
  });

  test("names a file that cannot be opened", () => {
    expect(() => new FileMemory({ path: "/nowhere/f" }, byteLength(4096))).toThrow(
      "can't open backing store /nowhere/f for guest RAM",
    );
  });
});

describe("SharedFileMemory", () => {
  test("is seen by whoever maps the same file", () => {
    const name = file(new Uint8Array(), 8192);
    const ours = SharedFileMemory.open({ path: name }, byteLength(8192));
    const theirs = SharedFileMemory.open({ path: name }, byteLength(8192));
    ours.writeUint(4096, 4, 0xcafe);
    expect(theirs.readUint(4096, 4)).toBe(0xcafe);
    expect(theirs.isKnownZero(4096, 4)).toBe(false);
    ours.flush();
    expect(readFileSync(name).readUInt32LE(4096)).toBe(0xcafe);
    ours.dispose();
    theirs.dispose();
    expect(ours.residentBytes()).toBe(0);
  });

  test("crosses its windows of 1 GiB", () => {
    const memory = SharedFileMemory.memfd("big", byteLength(5 * GiB));
    memory.write(GiB - 2, Uint8Array.from([1, 2, 3, 4]));
    expect(memory.readUint(GiB - 2, 4)).toBe(0x04030201);
    memory.writeUint(4 * GiB - 1, 4, 0xddccbbaa);
    const bytes = new Uint8Array(4);
    memory.read(4 * GiB - 1, bytes);
    expect([...bytes]).toEqual([0xaa, 0xbb, 0xcc, 0xdd]);
    expect(memory.nextResident(2 * GiB, 5 * GiB)).toBe(4 * GiB - 4096);
    memory.dispose();
  });

  test("makes an empty file as long as needed, and refuses one that is too short", () => {
    const empty = file(new Uint8Array(), 0);
    SharedFileMemory.open({ path: empty }, byteLength(8192)).dispose();
    expect(readFileSync(empty).length).toBe(8192);
    expect(() => SharedFileMemory.open({ path: empty, region: "mem0" }, byteLength(16384))).toThrow(
      "mem0 backing store size 0x2000 is too small for 'size' option 0x4000 plus 'offset' option 0x0",
    );
  });

  test("opened read-only refuses writes", () => {
    const memory = SharedFileMemory.open({ path: file(Uint8Array.from([7]), 4096), readonly: true }, byteLength(4096));
    expect(memory.readUint(0, 1)).toBe(7);
    expect(codeOf(() => memory.writeUint(0, 1, 8))).toBe("HOST_MEMORY_READONLY");
    memory.dispose();
  });

  test("mapped privately leaves the file alone, and knows of no zeros", () => {
    const name = file(Uint8Array.from([7]), 8192);
    const fd = openSync(name, "r+");
    const memory = SharedFileMemory.map(posixMemory(), fd, byteLength(8192), { what: name, shared: false });
    memory.writeUint(0, 1, 8);
    memory.flush();
    expect([memory.shared, memory.readUint(0, 1), memory.nextResident(4096, 8192)]).toEqual([false, 8, 4096]);
    memory.discard(0, 4096);
    expect(memory.readUint(0, 1)).toBe(0);
    expect(readFileSync(name)[0]).toBe(7);
    memory.dispose();
  });

  test("writes a part back, page by page", () => {
    const calls: number[][] = [];
    const posix = posixMemory();
    const watched = {
      ...posix,
      sync: (...[pointer, offset, length]: Parameters<typeof posix.sync>) => {
        calls.push([offset, length]);
        posix.sync(pointer, offset, length);
      },
    };
    const memory = SharedFileMemory.map(watched, openSync(file(new Uint8Array(), 16384), "r+"), byteLength(16384), {
      what: "",
    });
    memory.flush(5000, 10);
    memory.flush(0, 0);
    memory.flush();
    expect(calls).toEqual([
      [4096, 914],
      [0, 16384],
    ]);
    expect(codeOf(() => memory.flush(16384, 1))).toBe("HOST_MEMORY_RANGE");
    memory.dispose();
  });

  test("that the host does not map is told with its reason, and the file is closed", () => {
    const fd = openSync(file(new Uint8Array(), 4096), "r");
    expect(() => SharedFileMemory.map(posixMemory(), fd, byteLength(4096), { what: "" })).toThrow(
      "mmap: Permission denied",
    );
    expect(() => fstatSync(fd)).toThrow("EBADF");
  });
});

test("memory that a transfer holds stays until the transfer has ended", () => {
  const length = byteLength(2 * MiB);
  const memory = SharedFileMemory.memfd("held", length);
  const views: Uint8Array[] = [];
  const hold = memory.hold();
  memory.borrow(MiB, 8, "write", views);
  memory.dispose();
  // Unmapped, it would end this process.
  views[0]?.fill(7);
  expect(views[0]).toEqual(new Uint8Array(8).fill(7));
  void hold.dispose();
  expect(() => memory.read(0, new Uint8Array(1))).toThrow("leave the 0x0 bytes");
});
