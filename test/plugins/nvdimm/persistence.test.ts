// What a guest stores in an NVDIMM on a shared file is in the file, whatever becomes of the machine.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { BLOCK_ACCESS, GiB, KiB, MiB, type HostErrno, type LogRecord } from "backplane";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { BACKEND_HOST, MEMORY_BACKENDS } from "../../../plugins/memory-backend/contract.ts";
import { NVDIMMS } from "../../../plugins/nvdimm/contract.ts";
import { canMap } from "../memory-backend/koffi.ts";
import { device, withPlatform, type PlatformOptions } from "../pc-memory/platform.ts";
import { KilledMachine } from "./killed-machine.ts";

const SIZE = 4 * MiB;
const LABELS = 128 * KiB;
const BASE = 4 * GiB;
/** Where in the file the label area begins. */
const LABELS_AT = SIZE - LABELS;

let folder = "";
let file = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "backplane-pmem-"));
  file = path.join(folder, "pmem");
});
beforeEach(() => writeFileSync(file, new Uint8Array(SIZE)));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const args = (how: string): string[] => {
  const backend = `memory-backend-file,id=mem,mem-path=${file},size=4M,${how}`;
  const machine = "-M q35,nvdimm=on -m 64M,slots=1,maxmem=1G -nodefaults -device nvdimm,memdev=mem,label-size=128K";
  return [...machine.split(" "), "-object", backend];
};

async function withKilled<T>(how: string, use: (machine: KilledMachine) => Promise<T>): Promise<T> {
  const machine = new KilledMachine(args(how));
  try {
    return await use(machine);
  } finally {
    await machine.kill();
  }
}

const store = (machine: KilledMachine): Promise<void> =>
  machine
    .write(BASE + 0x1234, Buffer.from("stored by the guest"))
    .then(() => machine.writeLabel(0x1fff0, Buffer.from("the last 16 byte")))
    .then(() => machine.writeLabel(0, Buffer.from("NAMESPACE_INDEX\0")));

// Without koffi there is no shared mapping, and share=on is refused.
describe.skipIf(!canMap)("a machine that is killed", () => {
  test("leaves what its guest stored in the file, and the next one finds it", async () => {
    await withKilled("share=on", store);
    const bytes = readFileSync(file);
    expect(bytes.subarray(0x1234, 0x1234 + 19).toString()).toBe("stored by the guest");
    expect(bytes.subarray(LABELS_AT, LABELS_AT + 15).toString()).toBe("NAMESPACE_INDEX");
    expect(bytes.subarray(SIZE - 16).toString()).toBe("the last 16 byte");
    await withKilled("share=on", async (machine) => {
      expect((await machine.read(BASE + 0x1234, 19)).toString()).toBe("stored by the guest");
      expect((await machine.readLabel(0x1fff0, 16)).toString()).toBe("the last 16 byte");
    });
  });

  test("leaves the file alone with share=off", async () => {
    await withKilled("share=off", store);
    expect(readFileSync(file).every((byte) => byte === 0)).toBe(true);
  });
});

describe.skipIf(!canMap)("a label that is written to persistent memory", () => {
  const machineWith = (more: { readonly pmem: boolean; readonly fault?: HostErrno }): PlatformOptions => ({
    memory: { size: 64 * MiB, slots: 1, maxSize: GiB },
    properties: { nvdimm: "on" },
    objects: [
      {
        type: "memory-backend-file",
        id: "mem",
        form: "json",
        properties: { size: SIZE, "mem-path": file, share: true, pmem: more.pmem },
      },
    ],
    devices: [device("nvdimm", { memdev: "mem", "label-size": "128K" })],
    options: {
      "memory-backend": {
        value: { faults: more.fault === undefined ? [] : [{ call: "msync", nth: 1, errno: more.fault }] },
      },
    },
  });
  const failures = (log: readonly LogRecord[]) => log.filter(({ message }) => message.includes("failed to sync"));

  test("is in the file before the guest hears of success", () =>
    withPlatform(machineWith({ pmem: true }), (machine) => {
      const host = machine.service(BACKEND_HOST);
      machine.service(NVDIMMS).plugged[0]?.writeLabel(5000, Buffer.from("label"));
      expect(host.count("msync")).toBe(1);
      machine.service(NVDIMMS).plugged[0]?.writeLabel(0, new Uint8Array(0));
      expect(host.count("msync")).toBe(1);
    }));

  test("is left to the host without pmem=on", () =>
    withPlatform(machineWith({ pmem: false }), (machine) => {
      machine.service(NVDIMMS).plugged[0]?.writeLabel(0, Buffer.from("label"));
      expect(machine.service(BACKEND_HOST).count("msync")).toBe(0);
    }));

  test.each<HostErrno>(["EIO", "ENOSPC", "ENOMEM", "EINVAL"])(
    "that does not get there with %s is told of, and the machine goes on",
    (fault) =>
      withPlatform(machineWith({ pmem: true, fault }), (machine, log) => {
        const [nvdimm] = machine.service(NVDIMMS).plugged;
        nvdimm?.writeLabel(0, Buffer.from("first"));
        expect(failures(log).map(({ level, message }) => [level, message])).toEqual([
          ["warn", "qemu_ram_msync: failed to sync memory range: start: 3e0000 length: 5"],
        ]);
        nvdimm?.writeLabel(0, Buffer.from("again"));
        expect(failures(log)).toHaveLength(1);
      }),
  );

  test("is so with everything else when the memory goes, or that is told of", async () => {
    for (const fault of [undefined, "EIO"] as const) {
      const seen = await withPlatform(
        machineWith({ pmem: true, ...(fault === undefined ? {} : { fault }) }),
        (machine, log) => {
          const block = machine.service(MEMORY_BACKENDS).require("mem").region.ramBlock;
          if (block !== undefined) machine.service(BLOCK_ACCESS).write(block, 0, Buffer.from("data"));
          return { host: machine.service(BACKEND_HOST), log };
        },
      );
      expect(seen.host.count("msync")).toBe(1);
      expect(failures(seen.log)).toHaveLength(fault === undefined ? 0 : 1);
      expect(readFileSync(file).subarray(0, 4).toString()).toBe("data");
    }
  });
});
