// Texts are the peer's.
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { BLOCK_ACCESS, RAM_LIST, USER_OBJECTS, type Machine, type ObjectDefinition } from "backplane";
import { withMachine } from "backplane/kit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MEMORY_BACKENDS } from "../../../plugins/memory-backend/contract.ts";
import plugin from "../../../plugins/memory-backend/index.ts";

const PAGE = 4096;
const MIB = 1024 * 1024;
let folder = "";
const file = (name: string): string => path.join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "backplane-backend-"));
  writeFileSync(file("f16"), "start");
  truncateSync(file("f16"), 16 * MIB);
  writeFileSync(file("empty"), "");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const canShare = ((): boolean => {
  try {
    createRequire(import.meta.url)("koffi");
    return process.platform === "linux";
  } catch {
    return false;
  }
})();

type Properties = ObjectDefinition["properties"];
const object = (kind: string, properties: Properties): ObjectDefinition => ({
  type: `memory-backend-${kind}`,
  id: "a",
  properties,
  form: "opts",
});

const withBackend = <T>(kind: string, properties: Properties, run: (machine: Machine) => T | Promise<T>): Promise<T> =>
  withMachine({ with: [plugin], objects: [object(kind, properties)] }, run);

async function refusal(kind: string, properties: Properties): Promise<string> {
  try {
    await withBackend(kind, properties, () => undefined);
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
}

function blockOf(machine: Machine) {
  const block = machine.service(MEMORY_BACKENDS).require("a").region.ramBlock;
  if (block === undefined) throw new Error("no block");
  return block;
}

describe("refusals", () => {
  const size = "1M";
  test.each<[string, Properties, string]>([
    ["ram", {}, "Parameter 'size' is missing"],
    ["ram", { size: "0" }, "property 'size' of memory-backend-ram doesn't take value '0'"],
    ["ram", { size: "abc" }, "Parameter 'size' expects a size value"],
    ["ram", { size, foo: "1" }, "Invalid parameter 'foo'"],
    ["ram", { size, policy: "bind" }, "host-nodes must be set for policy bind"],
    [
      "ram",
      { size, "host-nodes": "0" },
      "host-nodes must be empty for policy default, or you should explicitly specify a policy other than default",
    ],
    ["ram", { size, policy: "bind", "host-nodes": "120" }, "cannot bind memory to host NUMA nodes: Invalid argument"],
    ["ram", { size, policy: "bind", "host-nodes": "200" }, "Invalid host-nodes value: 200"],
    ["ram", { size, policy: "bind", "host-nodes": "a" }, "Parameter 'host-nodes' expects a uint64 value or range"],
    ["ram", { size, "prealloc-context": "x" }, "Device 'x' not found"],
    ["memfd", { size, hugetlbsize: "3M" }, "Hugepage size must be a power of 2"],
    ["shm", { size, share: "off" }, "can't create shm backend with `share=off`"],
    [
      "shm",
      { size: "5000" },
      "a backing store size 0x1388 is too small for 'size' option 0x2000 plus 'offset' option 0x0",
    ],
    ["ram", { size, policy: "foo" }, "Parameter 'policy' does not accept value 'foo'"],
    ["ram", { size, prealloc: "on", reserve: "off" }, "'prealloc=on' and 'reserve=off' are incompatible"],
    [
      "ram",
      { size, "prealloc-threads": "0" },
      "property 'prealloc-threads' of memory-backend-ram doesn't take value '0'",
    ],
    ["ram", { size, share: "maybe" }, "Parameter 'share' expects 'on' or 'off'"],
    ["ram", { size, merge: "off", dump: "off", reserve: "off" }, "accepted"],
    ["file", { size }, "Parameter 'mem-path' is missing"],
    ["file", { "mem-path": "{dir}/f16" }, "Parameter 'size' is missing"],
    [
      "file",
      { size: "32M", "mem-path": "{dir}/f16" },
      "a backing store size 0x1000000 is too small for 'size' option 0x2000000 plus 'offset' option 0x0",
    ],
    [
      "file",
      { size, offset: "16M", "mem-path": "{dir}/f16" },
      "a backing store size 0x1000000 is too small for 'size' option 0x100000 plus 'offset' option 0x1000000",
    ],
    [
      "file",
      { size, "mem-path": "{dir}/none/x" },
      "can't open backing store {dir}/none/x for guest RAM: No such file or directory",
    ],
    [
      "file",
      { size, "mem-path": "{dir}/absent", readonly: "on" },
      "can't open backing store {dir}/absent for guest RAM: No such file or directory",
    ],
    ["file", { size, "mem-path": "{dir}/f16", align: "3000" }, "alignment 0xbb8 must be multiples of page size 0x1000"],
    ["file", { size, "mem-path": "{dir}/f16", align: "12K" }, "alignment 0x3000 must be a power of two"],
    ["file", { size, "mem-path": "{dir}/f16", offset: "100" }, "offset 0x64 must be multiples of page size 0x1000"],
    [
      "file",
      { size: "1000", "mem-path": "{dir}/f16" },
      "backend 'memory-backend-file' memory size must be multiple of 4 KiB",
    ],
    [
      "file",
      { size, "mem-path": "{dir}/f16", rom: "on" },
      "property 'rom' = 'on' is not supported with 'readonly' = 'off'",
    ],
    [
      "file",
      { size, "mem-path": "{dir}/f16", readonly: "on", rom: "off", share: "on" },
      "property 'rom' = 'off' is incompatible with 'readonly' = 'on' and 'share' = 'on'",
    ],
    ["file", { size, "mem-path": "{dir}/f16", rom: "foo" }, "Parameter 'rom' does not accept value 'foo'"],
    ["memfd", {}, "Parameter 'size' is missing"],
  ])("memory-backend-%s %o", async (kind, properties, expected) => {
    const here = (text: string): string => text.replaceAll("{dir}", folder);
    const given = JSON.parse(here(JSON.stringify(properties))) as Properties;
    expect(await refusal(kind, given)).toBe(here(expected));
  });
});

describe("a backend", () => {
  test("has a nameless block that migration does not carry", () =>
    withBackend("ram", { size: "4098" }, (machine) => {
      const block = blockOf(machine);
      expect([block.idstr, block.migratable, block.usedLength]).toEqual(["", false, 2 * PAGE]);
      expect(machine.service(MEMORY_BACKENDS).find("a")?.size).toBe(4098);
    }));

  test.each(["ram", "file"])("of %s holds all its memory from the start, with prealloc=on", (kind) =>
    withBackend(
      kind,
      { size: "1M", prealloc: "on", ...(kind === "file" ? { "mem-path": file("f16") } : {}) },
      (machine) => {
        const { host } = blockOf(machine);
        expect(host?.residentBytes()).toBe(MIB);
        const start = new Uint8Array(5);
        host?.read(0, start);
        expect(new TextDecoder().decode(start)).toBe(kind === "file" ? "start" : "\0\0\0\0\0");
        expect(machine.service(MEMORY_BACKENDS).find("a")?.prealloc).toBe(true);
      },
    ),
  );

  test.runIf(canShare)("of shm is shared, and its name is gone", () =>
    withBackend("shm", { size: "64K" }, (machine) => {
      expect(machine.service(MEMORY_BACKENDS).find("a")?.share).toBe(true);
    }),
  );

  test("tells the block what it is", () =>
    withBackend("file", { size: "1M", "mem-path": file("f16"), pmem: "on", reserve: "off" }, (machine) => {
      expect(blockOf(machine).flags).toMatchObject({ pmem: true, noreserve: true, namedFile: true, shared: false });
    }));

  test("is not deleted while somebody has it, and then takes its block along", () =>
    withBackend("ram", { size: "1M" }, async (machine) => {
      const objects = machine.service(USER_OBJECTS);
      const claim = machine.service(MEMORY_BACKENDS).require("a").claim();
      await expect(objects.remove("a")).rejects.toThrow("object 'a' is in use, can not be deleted");
      void claim.dispose();
      await objects.remove("a");
      expect(machine.service(RAM_LIST).blocks()).toEqual([]);
      expect(machine.service(MEMORY_BACKENDS).all()).toEqual([]);
    }));

  test.each<[string, Properties, number]>([
    ["ram", { size: "1M" }, 2 * MIB],
    ["memfd", { size: "1M", share: "off" }, PAGE],
    ["file", { size: "1M", "mem-path": "f16" }, PAGE],
    ["file", { size: "1M", "mem-path": "f16", align: "2M" }, 2 * MIB],
  ])("memory-backend-%s %o is aligned to %d", (kind, properties, alignment) => {
    const given = kind === "file" ? { ...properties, "mem-path": file("f16") } : properties;
    return withBackend(kind, given, (machine) => {
      expect(machine.service(MEMORY_BACKENDS).require("a").alignment).toBe(alignment);
    });
  });

  test("named by its path where that is asked for", () =>
    withBackend("ram", { size: "1M", "x-use-canonical-path-for-ramblock-id": "on" }, (machine) => {
      expect(machine.service(MEMORY_BACKENDS).require("a").blockName).toBe("/objects/a");
    }));
});

describe("a file", () => {
  test("is read, and not written unless it is shared", async () => {
    await withBackend("file", { size: "1M", "mem-path": file("f16") }, (machine) => {
      const access = machine.service(BLOCK_ACCESS);
      const bytes = Buffer.alloc(5);
      access.read(blockOf(machine), 0, bytes);
      expect(bytes.toString()).toBe("start");
      access.write(blockOf(machine), 0, Buffer.from("other"));
    });
    expect(readFileSync(file("f16")).subarray(0, 5).toString()).toBe("start");
  });

  test("that is missing is made, and an empty one gets its length", async () => {
    for (const name of ["made", "empty"]) {
      await withBackend("file", { size: "1M", offset: "8K", "mem-path": file(name) }, () => undefined);
      expect(statSync(file(name)).size).toBe(MIB + 8192);
    }
  });

  test("in a folder leaves nothing behind", async () => {
    const inside = mkdtempSync(path.join(folder, "inside-"));
    await withBackend("file", { size: "1M", "mem-path": inside }, (machine) => {
      expect(blockOf(machine).flags.namedFile).toBe(false);
    });
    expect(statSync(inside).nlink).toBe(2);
  });

  test("opened read-only is a ROM to the guest", () =>
    withBackend("file", { size: "1M", "mem-path": file("f16"), readonly: "on" }, (machine) => {
      expect(blockOf(machine).region.readonly).toBe(true);
    }));

  test.skipIf(!canShare)(
    "shared is written for everybody, and discarded at the end where that is asked for",
    async () => {
      const shared = file("shared");
      const properties = { size: "64K", "mem-path": shared, share: "on" };
      await withBackend("file", properties, (machine) => {
        machine.service(BLOCK_ACCESS).write(blockOf(machine), 0, Buffer.from("seen"));
        expect(readFileSync(shared).subarray(0, 4).toString()).toBe("seen");
      });
      await withBackend("file", { ...properties, "discard-data": "on" }, () => undefined);
      expect(readFileSync(shared).every((byte) => byte === 0)).toBe(true);
    },
  );
});
