import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { definePlugin, fieldsOf } from "backplane";
import { MIGRATION_STATE, structField, type StateDescription } from "backplane/plugins/migration/contract";
import { ByteReader } from "../../../plugins/migration/byte-reader.ts";
import { SectionRegistry } from "../../../plugins/migration/sections.ts";
import { loadState } from "../../../plugins/migration/state-loader.ts";
import { saveState } from "../../../plugins/migration/state-saver.ts";
import { readStream } from "../../../plugins/migration/stream-reader.ts";
import { StreamWriter } from "../../../plugins/migration/stream-writer.ts";
import type { Transport } from "../../../plugins/migration/transport/transport.ts";
import { withRig } from "./rig.ts";

/** Takes everything at once and keeps the writes. */
function collector(): { transport: Transport; writes: Buffer[] } {
  const writes: Buffer[] = [];
  const transport: Transport = {
    write: (bytes) => void writes.push(Buffer.from(bytes)),
    shutdown: () => undefined,
    close: () => Promise.resolve(),
    released: new Promise(() => undefined),
    dispose: () => undefined,
  };
  return { transport, writes };
}

interface Part {
  small: number;
}
interface Whole {
  flag: boolean;
  byte: number;
  word: number;
  negative: number;
  wide: bigint;
  list: number[];
  text: Uint8Array;
  part: Part;
  extra: number | undefined;
}

const PART: StateDescription<Part> = {
  name: "part",
  version: 1,
  fields: [
    {
      kind: "scalar",
      name: "small",
      type: "uint16",
      get: (part) => part.small,
      set: (part, value) => void (part.small = Number(value)),
    },
  ],
};

const WHOLE: StateDescription<Whole> = {
  name: "whole",
  version: 3,
  fields: [
    {
      kind: "scalar",
      name: "flag",
      type: "bool",
      get: (whole) => whole.flag,
      set: (whole, value) => void (whole.flag = Boolean(value)),
    },
    {
      kind: "scalar",
      name: "byte",
      type: "uint8",
      get: (whole) => whole.byte,
      set: (whole, value) => void (whole.byte = Number(value)),
    },
    {
      kind: "scalar",
      name: "word",
      type: "uint32",
      get: (whole) => whole.word,
      set: (whole, value) => void (whole.word = Number(value)),
    },
    {
      kind: "scalar",
      name: "negative",
      type: "int32",
      get: (whole) => whole.negative,
      set: (whole, value) => void (whole.negative = Number(value)),
    },
    {
      kind: "scalar",
      name: "wide",
      type: "int64",
      get: (whole) => whole.wide,
      set: (whole, value) => void (whole.wide = BigInt(value)),
    },
    { kind: "unused", size: 3 },
    {
      kind: "array",
      name: "list",
      type: "int16",
      length: 4,
      get: (whole, index) => whole.list[index] ?? 0,
      set: (whole, index, value) => void (whole.list[index] = Number(value)),
    },
    { kind: "buffer", name: "text", size: 5, bytes: (whole) => whole.text },
    structField("part", PART, (whole) => whole.part),
  ],
  subsections: [
    {
      name: "whole/extra",
      version: 1,
      isNeeded: (whole) => whole.extra !== undefined,
      fields: [
        {
          kind: "scalar",
          name: "extra",
          type: "uint8",
          get: (whole) => whole.extra ?? 0,
          set: (whole, value) => void (whole.extra = Number(value)),
        },
      ],
    },
  ],
};

const blank = (): Whole => ({
  flag: false,
  byte: 0,
  word: 0,
  negative: 0,
  wide: 0n,
  list: [0, 0, 0, 0],
  text: new Uint8Array(5),
  part: { small: 0 },
  extra: undefined,
});

const anyWhole: fc.Arbitrary<Whole> = fc.record({
  flag: fc.boolean(),
  byte: fc.integer({ min: 0, max: 255 }),
  word: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  negative: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  wide: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  list: fc.array(fc.integer({ min: -32768, max: 32767 }), { minLength: 4, maxLength: 4 }),
  text: fc.uint8Array({ minLength: 5, maxLength: 5 }),
  part: fc.record({ small: fc.integer({ min: 0, max: 65535 }) }),
  extra: fc.option(fc.integer({ min: 0, max: 255 }), { nil: undefined }),
});

describe("a declared state", () => {
  test("is loaded as it was saved", async () => {
    await fc.assert(
      fc.asyncProperty(anyWhole, async (whole) => {
        const { transport, writes } = collector();
        const output = new StreamWriter(transport);
        saveState(output, WHOLE, whole);
        await output.flush();
        const loaded = blank();
        const input = new ByteReader(Buffer.concat(writes));
        loadState(input, WHOLE, loaded);
        expect(loaded).toEqual(whole);
        expect(input.rest).toBe(0);
      }),
    );
  });

  test("is described as it was saved, and decoded from that alone", () =>
    fc.assert(
      fc.asyncProperty(anyWhole, (whole) =>
        withRig(
          {
            memory: 1,
            with: [
              definePlugin({
                id: "whole",
                apiVersion: 1,
                summary: "has a state",
                requires: [MIGRATION_STATE],
                attach: (machine) =>
                  void machine.own(
                    machine.use(MIGRATION_STATE).add({
                      kind: "device",
                      idstr: "0000:00:01.0/whole",
                      version: 3,
                      description: WHOLE,
                      state: whole,
                    }),
                  ),
              }),
            ],
          },
          async (rig) => {
            await rig.migrate(`file:${rig.file("stream")}`);
            const device = readStream(readFileSync(rig.file("stream"))).devices.find(({ idstr }) =>
              idstr.endsWith("whole"),
            );
            const values = Object.fromEntries(device?.state.fields.map(({ name, value }) => [name, value]) ?? []);
            expect(values).toMatchObject({ flag: whole.flag, byte: whole.byte, wide: whole.wide, list: whole.list });
            expect(values["part"]).toMatchObject({ fields: [{ name: "small", value: whole.part.small }] });
            expect(device?.state.subsections.map(({ name }) => name)).toEqual(
              whole.extra === undefined ? [] : ["whole/extra"],
            );
          },
        ),
      ),
      { numRuns: 10 },
    ));

  test("has what an earlier number announces, here and in what comes", async () => {
    interface Announced {
      has: number;
      readonly content: Uint8Array;
      after: number;
    }
    const fields = fieldsOf<Announced>();
    const description: StateDescription<Announced> = {
      name: "announced",
      version: 1,
      fields: [
        fields.i32("has", "has"),
        { ...fields.bytes("content", "content", 2), follows: "has" },
        fields.u8("after", "after"),
      ],
    };
    const save = async (state: Announced) => {
      const { transport, writes } = collector();
      const output = new StreamWriter(transport);
      const described = saveState(output, description, state);
      await output.flush();
      return { bytes: Buffer.concat(writes), names: described.fields.map(({ name }) => name) };
    };
    const state = (has: number): Announced => ({ has, content: Uint8Array.of(1, 2), after: 9 });
    const [without, whole] = [await save(state(0)), await save(state(1))];
    expect([without.bytes.toString("hex"), whole.bytes.toString("hex")]).toEqual(["0000000009", "00000001010209"]);
    expect([without.names, whole.names]).toEqual([
      ["has", "after"],
      ["has", "content", "after"],
    ]);
    // Whatever the state was before.
    for (const { bytes } of [without, whole]) {
      for (const has of [0, 1]) {
        const loaded: Announced = { has, content: new Uint8Array(2), after: 0 };
        const input = new ByteReader(bytes);
        loadState(input, description, loaded);
        expect([loaded.after, input.rest]).toEqual([9, 0]);
        expect([...loaded.content]).toEqual(bytes === whole.bytes ? [1, 2] : [0, 0]);
      }
    }
  });

  test("that is cut off or has an unknown subsection is refused with the offset", () => {
    expect(() => loadState(new ByteReader(new Uint8Array(3)), WHOLE, blank())).toThrow(
      "offset 2: the stream ends: 4 bytes wanted, 1 are left",
    );
    const extra = Buffer.from("\u0005\u0005x/foo\0\0\0\u0001", "latin1");
    expect(() => loadState(new ByteReader(extra), { name: "x", version: 1, fields: [] }, undefined)).toThrow(
      "offset 0: x has no subsection 'x/foo'",
    );
  });
});

describe("sections", () => {
  const device = (idstr: string, priority?: number) => ({
    kind: "device" as const,
    idstr,
    version: 1,
    description: PART,
    state: { small: 0 },
    ...(priority === undefined ? {} : { priority }),
  });

  test("are numbered as they come, behind those that every machine has", () => {
    const registry = new SectionRegistry();
    for (const idstr of ["a", "timer", "b"]) registry.add(device(idstr));
    expect(registry.devices().map(({ idstr, id }) => [idstr, id])).toEqual([
      ["a", 3],
      ["timer", 0],
      ["b", 4],
    ]);
  });

  test("of one name are told apart by instance", () => {
    const registry = new SectionRegistry();
    registry.add(device("dma"));
    const second = registry.add(device("dma"));
    registry.add({ ...device("dma"), instanceId: 7 });
    registry.add(device("dma"));
    void second.dispose();
    expect(registry.devices().map(({ instanceId }) => instanceId)).toEqual([0, 7, 8]);
  });

  test("of higher priority stand first, equals in the order in which they came", () => {
    const registry = new SectionRegistry();
    for (const [idstr, priority] of [
      ["a", 0],
      ["b", 5],
      ["c", 0],
      ["d", 5],
      ["e", 9],
    ] as const) {
      registry.add(device(idstr, priority));
    }
    expect(registry.devices().map(({ idstr }) => idstr)).toEqual(["e", "b", "d", "a", "c"]);
  });
});

describe("the writer", () => {
  test("hands over after 32 KiB of what it copies, to the byte", async () => {
    const { transport, writes } = collector();
    const output = new StreamWriter(transport);
    for (let count = 0; count < 4096; count++) output.u64(count);
    expect(output.full).toBe(true);
    output.bytes(new Uint8Array(32766));
    expect(output.transferred).toBe(0);
    await output.room();
    expect(output.transferred).toBe(32768);
    output.u64(1);
    await output.room();
    expect(output.transferred).toBe(65536);
    await output.flush();
    expect(writes.map((bytes) => bytes.length)).toEqual([32768, 32768, 6]);
  });

  test("hands over after 32 pages with their heads", async () => {
    const { transport, writes } = collector();
    const output = new StreamWriter(transport);
    const page = new Uint8Array(4096).fill(7);
    for (let count = 0; count < 33; count++) {
      output.u64(count);
      output.page(page);
    }
    await output.flush();
    expect(writes.map((bytes) => bytes.length)).toEqual([32 * 4104, 4104]);
  });

  test("writes what it was given, whatever the order and wherever its batches end", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.integer({ min: 0, max: 255 }),
            fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
            fc.integer({ min: 1, max: 70_000 }).map((length) => new Uint8Array(length).fill(length)),
            fc.constant("page" as const),
          ),
        ),
        async (items) => {
          const { transport, writes } = collector();
          const output = new StreamWriter(transport);
          const expected: Uint8Array[] = [];
          for (const item of items) {
            if (item === "page") {
              const page = new Uint8Array(4096).fill(expected.length);
              output.page(page);
              expected.push(page);
            } else if (typeof item === "number") {
              output.u8(item);
              expected.push(Uint8Array.of(item));
            } else if (typeof item === "bigint") {
              output.u64(item);
              const bytes = Buffer.alloc(8);
              bytes.writeBigUInt64BE(item);
              expected.push(bytes);
            } else {
              output.bytes(item);
              expected.push(item);
            }
          }
          await output.flush();
          expect(Buffer.concat(writes).equals(Buffer.concat(expected))).toBe(true);
          expect(output.transferred).toBe(Buffer.concat(expected).length);
        },
      ),
      { numRuns: 50 },
    );
  });
});
