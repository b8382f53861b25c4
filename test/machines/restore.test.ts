// A machine that was saved to a file and comes back from it: the same registers, the same memory, and it goes on.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  COMMANDS,
  guestAddress,
  GUEST,
  Machine,
  RAM_LIST,
  RUN_STATES,
  SYSTEM_IO,
  SYSTEM_MEMORY,
  type JsonValue,
  type LogRecord,
  type MachineDefinition,
} from "backplane";
import { ICH9 } from "backplane/plugins/ich9/contract";
import { MIGRATION, type IncomingMigration } from "backplane/plugins/migration/contract";
import { machineTypes } from "../../machines/index.ts";
import { PART } from "../../plugins/migration/stream-format.ts";
import { readStream } from "../../plugins/migration/stream-reader.ts";
import { loadMigrationDevices, loadMigrationGolden } from "../peer/golden.ts";
import { readSkeleton } from "../peer/stream.ts";
import { definitionOf } from "./golden-machine.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "backplane-restore-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string): string => path.join(folder, name);

const CLIENT = { id: "test", onClose: () => ({ dispose: () => undefined }) };
const ARGUMENTS = "-machine q35,nvdimm=on -m 32M,slots=2,maxmem=1G -smp 2 -nodefaults".split(" ");

function run(machine: Machine, name: string, args = {}): Promise<JsonValue | void> {
  return Promise.resolve(machine.service(COMMANDS).find(name)?.run(args, CLIENT));
}

async function withMachine<T>(
  definition: MachineDefinition,
  use: (machine: Machine, log: readonly LogRecord[]) => Promise<T>,
): Promise<T> {
  const log: LogRecord[] = [];
  const machine = await Machine.create(definition, { types: machineTypes, log: (record) => log.push(record) });
  try {
    return await use(machine, log);
  } finally {
    await machine.dispose();
  }
}

async function save(machine: Machine, name: string): Promise<Buffer> {
  await run(machine, "migrate", { uri: `file:${file(name)}` });
  expect(await machine.service(MIGRATION).settled()).toBe("completed");
  return readFileSync(file(name));
}

function loaded(machine: Machine): Promise<IncomingMigration> {
  const migration = machine.service(MIGRATION);
  const isOver = (): boolean => ["completed", "failed"].includes(migration.incoming?.status ?? "");
  if (isOver()) return Promise.resolve(migration.incoming as IncomingMigration);
  return new Promise((resolve) => {
    migration.onIncoming((incoming) => {
      // When all who listen have heard of it.
      if (isOver()) setImmediate(() => resolve(incoming));
    });
  });
}

const withRestored = <T>(
  name: string,
  use: (machine: Machine, log: readonly LogRecord[]) => Promise<T>,
  args: readonly string[] = ARGUMENTS,
): Promise<T> =>
  withMachine(definitionOf([...args, "-incoming", `file:${file(name)}`]), async (machine, log) => {
    expect(await loaded(machine)).toEqual({ status: "completed", transport: "file" });
    return use(machine, log);
  });

/** The real-time clock goes on while a machine lies in a file. */
function withoutClock(stream: Buffer): Buffer {
  const copy = Buffer.from(stream);
  const at = copy.indexOf("mc146818rtc");
  copy.fill(0, at, at + 270);
  return copy;
}

/** All that a guest could tell from the machine's devices. */
async function registers(machine: Machine): Promise<JsonValue> {
  const human = (command: string) => run(machine, "human-monitor-command", { "command-line": command });
  return [
    await run(machine, "query-pci"),
    await human("info mtree -f"),
    await human("info pic"),
    await human("info lapic"),
    await run(machine, "query-acpi-ospm-status"),
    machine
      .service(RAM_LIST)
      .blocks()
      .map(({ idstr, usedLength }) => `${idstr} ${usedLength}`),
  ] as JsonValue;
}

describe.each([
  ["q35", "q35-128m"],
  ["q35 with its default devices", "q35-defaults"],
  ["q35 with many cards", "q35-cards"],
])("the stream of a paused %s", (_what, name) => {
  const golden = loadMigrationGolden(name);
  let stream: Buffer = Buffer.alloc(0);
  beforeAll(async () => {
    stream = await withMachine(definitionOf(golden.args), (machine) => save(machine, "paused"));
  });

  test("has the peer's sections, with their numbers, versions and lengths", () => {
    const devices = ({ sections }: Pick<typeof golden, "sections">) =>
      sections.filter(({ kind }) => kind === "full").map((section) => ({ ...section, offset: undefined }));
    expect(devices(readSkeleton(stream))).toEqual(devices(golden));
  });

  test("has the peer's bytes from the first device to the end of the description", () => {
    const first = readSkeleton(stream).sections.find(({ kind }) => kind === "full")?.offset ?? 0;
    const ours = withoutClock(stream.subarray(first));
    expect(ours.equals(withoutClock(loadMigrationDevices(name)))).toBe(true);
  });
});

describe("a machine that was saved after it had booted", () => {
  let before: JsonValue;
  let stream: Buffer = Buffer.alloc(0);
  beforeAll(async () => {
    await withMachine(definitionOf(ARGUMENTS), async (machine) => {
      machine.cont();
      await machine.idle();
      machine.stop();
      before = await registers(machine);
      stream = await save(machine, "booted");
    });
  });

  test("has the same registers when it comes back", () =>
    withRestored("booted", async (machine) => expect(await registers(machine)).toEqual(before)));

  test("is the same when it is saved again, in memory and in every device", () =>
    withRestored("booted", async (machine) => {
      const again = await save(machine, "again");
      const devices = (bytes: Buffer): Buffer => withoutClock(bytes.subarray(bytes.indexOf("\u0005timer") - 5));
      expect(devices(again).equals(devices(stream))).toBe(true);
      const [left, right] = [readStream(stream).ram, readStream(again).ram];
      for (const block of left?.blocks ?? []) {
        const other = right?.block(block.idstr);
        for (let page = 0; page < block.usedLength / 4096; page++) {
          if (Buffer.compare(block.page(page) ?? Buffer.alloc(4096), other?.page(page) ?? Buffer.alloc(4096)) !== 0) {
            expect.fail(`${block.idstr}, page ${page}`);
          }
        }
      }
    }));

  test("can come back more than once: two machines go on from one file", () =>
    withRestored("booted", (first) =>
      withRestored("booted", async (second) => {
        for (const machine of [first, second]) {
          machine.cont();
          await machine.idle();
          expect(machine.service(RUN_STATES).current).toBe("running");
        }
        expect(first.service(GUEST).position).toBe("halted");
        await run(first, "system_reset");
        await first.idle();
        // Only the one has started over; both have booted.
        expect([first.service(GUEST).position, second.service(GUEST).position]).toEqual(["halted", "halted"]);
      }),
    ));

  test("hears of its power button: the interrupt finds its way", () =>
    withRestored("booted", async (machine) => {
      const io = machine.service(SYSTEM_IO);
      const { pmBase } = machine.service(ICH9);
      expect(pmBase).toBeGreaterThan(0);
      io.store(guestAddress(pmBase + 2), 0x0100, 2);
      machine.powerdown();
      expect(io.load(guestAddress(pmBase), 2) & 0x0100).toBe(0x0100);
    }));

  test.each([
    ["other memory", ["-machine", "q35", "-m", "16M", "-nodefaults"], /^Size mismatch: pc.ram/],
    [
      "another machine type",
      ["-machine", "none", "-m", "32M"],
      /^Machine type received is 'pc-q35-10.0' and local is 'none'/,
    ],
    [
      "one processor less",
      ARGUMENTS.map((word) => (word === "2" ? "1" : word)),
      /^Unknown savevm section or instance 'cpu_common' 1\. /,
    ],
  ])("does not come back into %s, which never runs", (_what, args, message) =>
    withMachine(definitionOf([...args, "-incoming", `file:${file("booted")}`]), async (machine, log) => {
      expect(await loaded(machine)).toMatchObject({
        status: "failed",
        error: "load of migration failed: Invalid argument",
      });
      expect(log.find(({ level }) => level === "error")?.message).toMatch(message);
      expect([machine.service(RUN_STATES).current, machine.leaving]).toEqual(["inmigrate", "load-failed"]);
    }),
  );
});

test("a guest that was saved in the middle of its firmware starts over", async () => {
  await withMachine(definitionOf(ARGUMENTS), async (machine) => {
    machine.cont();
    await new Promise((resolve) => setImmediate(resolve));
    machine.stop();
    expect(machine.service(GUEST).position).toBe("inside");
    await save(machine, "inside");
  });
  await withRestored("inside", async (machine, log) => {
    machine.cont();
    await machine.idle();
    expect(machine.service(GUEST).position).toBe("halted");
    expect(log.some(({ message }) => message.includes("starts over"))).toBe(true);
  });
});

/** Every device's state but the clock's, by the names in the stream. */
const states = (stream: Buffer) => readStream(stream).devices.filter(({ idstr }) => idstr !== "mc146818rtc");

describe("whatever a guest has written", () => {
  /** Interrupt and DMA controllers, timer, speaker, clock; not those by which it would reset the machine. */
  const ports = [
    0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1, 0x40, 0x41, 0x42, 0x43, 0x61, 0x70, 0x71, 0x60, 0x00, 0x01, 0x08, 0x0a, 0x0b,
    0x0c, 0x81, 0x87, 0xc0, 0xc2, 0xd4, 0xd6, 0x3f8, 0x3f9, 0x3fb, 0x3fc, 0xb3, 0x510,
  ];
  /** Host bridge, LPC bridge, serial ATA and SMBus controllers: device and function. */
  const functions = [0x00, 0xf8, 0xfa, 0xfb];
  const write = fc.oneof(
    fc.record({ port: fc.constantFrom(...ports), value: fc.nat(0xff), size: fc.constant(1 as const) }),
    fc.record({
      config: fc.tuple(fc.constantFrom(...functions), fc.nat(63)).map(([devfn, dword]) => (devfn << 8) | (dword << 2)),
      value: fc.nat(0xffff_ffff),
    }),
    // An I/O APIC's register by its number.
    fc.record({ entry: fc.integer({ min: 0x10, max: 0x3f }), value: fc.nat(0xffff_ffff) }),
  );
  type Write = typeof write extends fc.Arbitrary<infer W> ? W : never;

  function perform(machine: Machine, step: Write): void {
    const io = machine.service(SYSTEM_IO);
    if ("port" in step) return void io.store(guestAddress(step.port), step.value, step.size);
    if ("config" in step) {
      io.store(guestAddress(0xcf8), (0x8000_0000 | step.config) >>> 0, 4);
      return void io.store(guestAddress(0xcfc), step.value, 4);
    }
    const memory = machine.service(SYSTEM_MEMORY);
    memory.store(guestAddress(0xfec0_0000), step.entry, 4);
    return void memory.store(guestAddress(0xfec0_0010), step.value, 4);
  }

  test("is there again, and is the same when it is saved once more", () =>
    fc.assert(
      fc.asyncProperty(fc.array(write, { minLength: 20, maxLength: 60 }), async (steps) => {
        const args = ["-machine", "q35", "-m", "16M", "-nodefaults", "-serial", "null"];
        const saved = await withMachine(definitionOf(args), (machine) => {
          for (const step of steps) perform(machine, step);
          return save(machine, "written");
        });
        await withRestored(
          "written",
          async (machine) => expect(states(await save(machine, "once-more"))).toEqual(states(saved)),
          args,
        );
      }),
      { numRuns: 12 },
    ));
});

test("what runs goes on by itself, unless the machine was asked to wait", async () => {
  await withMachine(definitionOf(ARGUMENTS), async (machine) => {
    machine.cont();
    await machine.idle();
    await save(machine, "running");
  });
  await withRestored("running", async (machine) => expect(machine.service(RUN_STATES).current).toBe("paused"));
  const definition = definitionOf([...ARGUMENTS, "-incoming", `file:${file("running")}`]);
  await withMachine({ ...definition, paused: false }, async (machine) => {
    await loaded(machine);
    expect(machine.service(RUN_STATES).current).toBe("running");
  });
});

test("the description at the end is found where the devices end", () => {
  expect(readFileSync(file("paused")).includes(Buffer.from([PART.eof, PART.vmdescription]))).toBe(true);
});
