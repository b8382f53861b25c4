// Every call that a backend makes of its host fails in turn: the peer's words or the peer's forbearance, nothing left
// behind, and those who are told of RAM blocks hear of the next one. The words were taken from the peer with calls that
// were made to fail; only where a file stays too short it goes on, and ends when it touches what is missing.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  BLOCK_ACCESS,
  hostErrorText,
  RAM_BLOCK_NOTIFIERS,
  RAM_LIST,
  USER_OBJECTS,
  type HostErrno,
  type Machine,
  type ObjectDefinition,
} from "backplane";
import { recordNotifications, withMachine } from "backplane/kit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BACKEND_HOST, MEMORY_BACKENDS, type HostMemoryCall } from "../../../plugins/memory-backend/contract.ts";
import plugin from "../../../plugins/memory-backend/index.ts";
import { canMap } from "./koffi.ts";

const ERRNOS = ["ENOSPC", "ENOMEM", "EINVAL", "EIO"] as const satisfies readonly HostErrno[];
const SIZE = 65536;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "backplane-faults-"));
  writeFileSync(path.join(folder, "there"), new Uint8Array(SIZE));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Properties = ObjectDefinition["properties"];
const object = (kind: string, id: string, properties: Properties): ObjectDefinition => ({
  type: `memory-backend-${kind}`,
  id,
  form: "json",
  properties,
});

/** With everything that asks the host for something. */
const all: Properties = { size: SIZE, dump: false, policy: "bind", "host-nodes": [0], prealloc: true };

/** What the peer says when the host answers with `reason`; undefined: it goes on. */
type Verdict = (reason: string, errno: HostErrno) => string | undefined;
const goesOn: Verdict = () => undefined;

/** The calls that all backends make of memory that is there: merge, dump, the policy, and the two of preallocation. */
const COMMON: readonly (readonly [HostMemoryCall, number, Verdict])[] = [
  ["madvise", 1, goesOn],
  ["madvise", 2, goesOn],
  ["mbind", 1, (reason) => `cannot bind memory to host NUMA nodes: ${reason}`],
  ["madvise", 3, goesOn],
  ["madvise", 4, (reason) => `qemu_prealloc_mem: preallocating memory failed: ${reason}`],
];
const unmapped: Verdict = (reason) => `unable to map backing store for guest RAM: ${reason}`;
const tooSmall: Verdict = () =>
  "a backing store size 0x0 is too small for 'size' option 0x10000 plus 'offset' option 0x0";

interface Case {
  readonly kind: string;
  readonly properties: () => Properties;
  readonly needsMapping?: boolean;
  readonly calls: readonly (readonly [HostMemoryCall, number, Verdict])[];
}

const made = (): Properties => ({ ...all, "mem-path": path.join(folder, "made") });

const CASES: { readonly [name: string]: Case } = {
  "private memory": {
    kind: "ram",
    properties: () => all,
    calls: [["mmap", 1, (reason) => `cannot set up guest memory 'a': ${reason}`], ...COMMON],
  },
  "shared memory": {
    kind: "ram",
    properties: () => ({ ...all, share: true }),
    needsMapping: true,
    calls: [
      ["memfdCreate", 1, (reason) => `failed to create memfd with flags 0x1: ${reason}`],
      ["ftruncate", 1, (reason) => `failed to resize memfd to 0: ${reason}`],
      ["ftruncate", 2, tooSmall],
      // It is asked a second time.
      ["mmap", 1, goesOn],
      ...COMMON,
    ],
  },
  "a private memfd": {
    kind: "memfd",
    properties: () => ({ ...all, share: false }),
    calls: [["mmap", 1, unmapped], ...COMMON],
  },
  "a memfd": {
    kind: "memfd",
    properties: () => all,
    needsMapping: true,
    calls: [
      ["memfdCreate", 1, (reason) => `failed to create memfd with flags 0x3: ${reason}`],
      ["ftruncate", 1, (reason) => `failed to resize memfd to 65536: ${reason}`],
      ["addSeals", 1, (reason) => `failed to add seals 0x7: ${reason}`],
      ["mmap", 1, unmapped],
      ...COMMON,
    ],
  },
  "POSIX shared memory": {
    kind: "shm",
    properties: () => all,
    needsMapping: true,
    calls: [
      ["shmOpen", 1, (reason) => `failed to create POSIX shared memory: ${reason}`],
      ["ftruncate", 1, (reason) => `failed to resize POSIX shared memory to 65536: ${reason}`],
      ["mmap", 1, unmapped],
      ...COMMON,
    ],
  },
  "a new file": {
    kind: "file",
    properties: made,
    calls: [
      ["open", 1, (reason) => `can't open backing store ${path.join(folder, "made")} for guest RAM: ${reason}`],
      ["ftruncate", 1, tooSmall],
      ["mmap", 1, unmapped],
      ...COMMON,
    ],
  },
  "a new shared file": {
    kind: "file",
    properties: () => ({ ...made(), share: true }),
    needsMapping: true,
    calls: [["ftruncate", 1, tooSmall], ["mmap", 1, unmapped], ...COMMON],
  },
  "a shared file of persistent memory": {
    kind: "file",
    properties: () => ({ ...all, share: true, pmem: true, "mem-path": path.join(folder, "there") }),
    needsMapping: true,
    // The first asks for a synchronous mapping, which most file systems do not have.
    calls: [["mmap", 1, goesOn], ...COMMON],
  },
};

const descriptors = (): number => (process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0);

/** Makes the object; the text of what refused it. */
async function attempt(machine: Machine, definition: ObjectDefinition): Promise<string | undefined> {
  try {
    machine.service(USER_OBJECTS).create(definition);
    return undefined;
  } catch (failure) {
    // What a refused object owned is released behind it.
    await new Promise(setImmediate);
    return (failure as Error).message;
  }
}

for (const [name, { kind, properties, needsMapping = false, calls }] of Object.entries(CASES)) {
  describe.skipIf(needsMapping && !canMap)(`${name}, when the host refuses`, () => {
    test.each(calls.map(([call, nth, verdict]) => ({ call, nth, verdict })))(
      "$call $nth",
      async ({ call, nth, verdict }) => {
        for (const errno of ERRNOS) {
          const before = descriptors();
          const faults = [{ call, nth, errno }];
          await withMachine(
            { with: [plugin], options: { "memory-backend": { value: { faults } } } },
            async (machine) => {
              const record = recordNotifications(machine.service(RAM_BLOCK_NOTIFIERS));
              const refusal = await attempt(machine, object(kind, "a", properties()));
              expect(refusal, errno).toBe(verdict(hostErrorText({ code: errno }), errno));
              expect(machine.service(BACKEND_HOST).count(call)).toBeGreaterThanOrEqual(nth);
              if (refusal !== undefined) {
                expect(machine.service(RAM_LIST).blocks()).toEqual([]);
                expect(record.calls.map((told) => told.kind)).toEqual(
                  record.calls.length === 0 ? [] : ["added", "removed"],
                );
              }
              record.calls.length = 0;
              expect(await attempt(machine, object("ram", "b", { size: SIZE }))).toBeUndefined();
              expect(record.calls.map((told) => told.kind)).toEqual(["added"]);
              await record.dispose();
            },
          );
          expect(descriptors(), "a descriptor is left").toBe(before);
          // What was made for memory that never came is gone; memory that came and failed later leaves its file.
          if (["open", "ftruncate", "mmap"].includes(call)) expect(existsSync(path.join(folder, "made"))).toBe(false);
          rmSync(path.join(folder, "made"), { force: true });
        }
      },
    );
  });
}

describe.skipIf(!canMap)("memory that is there", () => {
  const shared = (): Properties => ({ size: SIZE, share: true, "mem-path": path.join(folder, "there") });
  const withFaults = (call: HostMemoryCall, properties: Properties, run: (machine: Machine) => void): Promise<void> =>
    withMachine(
      {
        with: [plugin],
        objects: [object("file", "a", properties)],
        options: { "memory-backend": { value: { faults: [{ call, nth: 1, errno: "EIO" }] } } },
      },
      run,
    );

  test("says that it could not be written back", () =>
    withFaults("msync", shared(), (machine) => {
      const host = machine.service(MEMORY_BACKENDS).require("a").region.ramBlock?.host;
      expect(() => host?.flush()).toThrow("msync: Input/output error");
      expect(() => host?.flush(5000, 100)).not.toThrow();
    }));

  test("is zeroed where the file system makes no holes", async () => {
    await withFaults("fallocate", { ...shared(), "discard-data": true }, (machine) => {
      const block = machine.service(MEMORY_BACKENDS).require("a").region.ramBlock;
      if (block !== undefined) machine.service(BLOCK_ACCESS).fill(block, 0, SIZE, 7);
    });
    await withMachine({ with: [plugin], objects: [object("file", "a", shared())] }, (machine) => {
      expect(machine.service(MEMORY_BACKENDS).require("a").region.ramBlock?.host.readUint(100, 4)).toBe(0);
    });
  });
});

test("a fault in a call that the host does not have is refused", async () => {
  const options = { "memory-backend": { value: { faults: [{ call: "brk", errno: "ENOMEM" }] } } };
  await expect(withMachine({ with: [plugin], options }, () => undefined)).rejects.toThrow(
    "memory-backend has no call 'brk'",
  );
});
