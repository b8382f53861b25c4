import {
  checkArguments,
  checkValue,
  JsonDouble,
  q,
  type JsonObject,
  type JsonValue,
  type Schema,
  type UnionSchema,
} from "backplane";
import { describe, expect, test } from "vitest";

const address = q.union(
  "Address",
  "transport",
  { transport: q.enum("Transport", ["exec", "file"]) },
  {
    exec: q.struct("Exec", { args: q.array(q.str) }),
    file: q.struct("File", { filename: q.str, "offset?": q.uint(64) }),
  },
);
const schema = q.struct("Test", {
  "text?": q.str,
  "flag?": q.bool,
  "small?": q.uint(8),
  "signed?": q.signed(32),
  "whole?": q.int,
  "bytes?": q.size,
  "ratio?": q.number,
  "word?": q.enum("Word", ["on", "off"]),
  "words?": q.array(q.enum("Word", ["on", "off"])),
  "where?": q.array(q.struct("Channel", { addr: address })),
  "either?": q.alternate("StrOrNull", "StrOrNull", [q.str, q.null]),
  "any?": q.any,
});

const double = (value: number): JsonValue => new JsonDouble(value) as unknown as JsonValue;

/** What each was measured to be refused with. */
test.each<[JsonObject, string]>([
  [{ text: 1 }, "Invalid parameter type for 'text', expected: string"],
  [{ flag: "on" }, "Invalid parameter type for 'flag', expected: boolean"],
  [{ small: 300 }, "Parameter 'small' expects uint8_t"],
  [{ small: -1 }, "Parameter 'small' expects uint8_t"],
  [{ small: "1" }, "Parameter 'small' expects uint64"],
  [{ small: double(1) }, "Parameter 'small' expects uint64"],
  [{ signed: 2 ** 31 }, "Parameter 'signed' expects int32_t"],
  [{ signed: 1.5 }, "Invalid parameter type for 'signed', expected: integer"],
  [{ whole: 2n ** 63n }, "Invalid parameter type for 'whole', expected: integer"],
  [{ bytes: "1M" }, "Parameter 'bytes' expects uint64"],
  [{ ratio: "1" }, "Invalid parameter type for 'ratio', expected: number"],
  [{ word: "maybe" }, "Parameter 'word' does not accept value 'maybe'"],
  [{ word: true }, "Invalid parameter type for 'word', expected: string"],
  [{ words: ["maybe"] }, "Parameter 'null' does not accept value 'maybe'"],
  [{ words: [1] }, "Invalid parameter type for 'words[0]', expected: string"],
  [{ words: "on" }, "Invalid parameter type for 'words', expected: array"],
  [{ where: [{}] }, "Parameter 'where[0].addr' is missing"],
  [{ where: [{ addr: 1 }] }, "Invalid parameter type for 'where[0].addr', expected: object"],
  [{ where: [{ addr: {} }] }, "Parameter 'where[0].addr.transport' is missing"],
  [{ where: [{ addr: { transport: "pigeon" } }] }, "Parameter 'transport' does not accept value 'pigeon'"],
  [
    { where: [{ addr: { transport: "exec", args: [1] } }] },
    "Invalid parameter type for 'where[0].addr.args[0]', expected: string",
  ],
  [{ where: [{ addr: { transport: "exec", args: [], x: 1 } }] }, "Parameter 'where[0].addr.x' is unexpected"],
  [{ either: 1 }, "Invalid parameter type for 'either', expected: StrOrNull"],
  [{ nosuch: 1 }, "Parameter 'nosuch' is unexpected"],
])("refusal %#", (value, message) => {
  expect(() => checkArguments(schema, value)).toThrow(message);
});

describe("values that fit", () => {
  test("come out as numbers", () => {
    const value = { small: 255, signed: -1, whole: 2n ** 60n, bytes: -1, ratio: double(2), either: null };
    expect(checkArguments(schema, value)).toEqual({
      small: 255,
      signed: -1,
      whole: 2 ** 60,
      // As in C, a negative number counts down from 2^64.
      bytes: 2 ** 64,
      ratio: 2,
      either: null,
    });
  });

  test("may be anything where the schema says so, and doubles are numbers again", () => {
    expect(checkArguments(schema, { any: { a: [double(1), 2n] } })).toEqual({ any: { a: [1, 2n] } });
    expect(checkArguments(q.object, { x: 1, __proto__x: null })).toEqual({ x: 1, __proto__x: null });
    expect(checkValue(q.array(q.int), [1, 2], "list")).toEqual([1, 2]);
  });
});

describe("arguments that are a union", () => {
  const options: UnionSchema = q.union(
    "Options",
    "kind",
    { kind: q.enum("Kind", ["plain", "nested", "bare"]), id: q.str },
    {
      plain: q.struct("Plain", { size: q.size, "flag?": q.bool }),
      nested: q.union(
        "Nested",
        "sort",
        { sort: q.enum("Sort", ["a", "b"]) },
        { a: q.struct("A", { deep: q.later((): Schema => q.array(options)) }) },
      ),
    },
  );

  test.each<[JsonObject, string]>([
    [{}, "Parameter 'kind' is missing"],
    // Members come in the schema's order, the tag among them, before those of the branch.
    [{ kind: "nosuch" }, "Parameter 'kind' does not accept value 'nosuch'"],
    [{ kind: "plain", size: "1" }, "Parameter 'id' is missing"],
    [{ kind: "plain", id: "x" }, "Parameter 'size' is missing"],
    [{ kind: "plain", id: "x", size: 1, sort: "a" }, "Parameter 'sort' is unexpected"],
    [{ kind: "nested", id: "x" }, "Parameter 'sort' is missing"],
    [
      { kind: "nested", id: "x", sort: "a", deep: [{ kind: 1 }] },
      "Invalid parameter type for 'deep[0].kind', expected: string",
    ],
    [{ kind: "bare", id: "x", size: 1 }, "Parameter 'size' is unexpected"],
    // Of several that are too many the peer names the first of a hash table, whatever was written first.
    [{ kind: "plain", id: "x", size: 1, sized: 1, also: 2, wrong: 3 }, "Parameter 'also' is unexpected"],
  ])("refusal %#", (value, message) => {
    expect(() => checkArguments(options, value)).toThrow(message);
  });

  test("come out with the members of base and branches", () => {
    const deep = [{ kind: "bare", id: "y" }];
    expect(checkArguments(options, { deep, sort: "a", id: "x", kind: "nested" })).toEqual({
      kind: "nested",
      id: "x",
      sort: "a",
      deep,
    });
  });
});

test("members of an open struct are for its readers: the command checks them", () => {
  const value = { driver: 1, nosuch: double(1) };
  expect(checkArguments(q.open("Open", { driver: q.str }), value)).toBe(value);
});
