import { describe, expect, test } from "vitest";
import { mergeKeyValues, readKeyValues, type KeyValueTree } from "../../cli/qemu/keyval.ts";
import { splitPairs } from "../../cli/qemu/option-text.ts";

const read = (text: string, implied?: string): KeyValueTree => {
  const tree: KeyValueTree = {};
  readKeyValues(tree, text, implied);
  return tree;
};

describe("the younger syntax", () => {
  test.each<[string, string | undefined, KeyValueTree]>([
    ["q35,accel=tcg", "type", { type: "q35", accel: "tcg" }],
    ["type=q35,", "type", { type: "q35" }],
    ["a=1,a=2", undefined, { a: "2" }],
    ["a=x,,y,b=", undefined, { a: "x,y", b: "" }],
    ["a.b.c=1,a.b.d=2", undefined, { a: { b: { c: "1", d: "2" } } }],
    ["a.1=y,a.0=x", undefined, { a: ["x", "y"] }],
    ["a.0.b=x", undefined, { a: [{ b: "x" }] }],
    ["", "type", {}],
  ])("%s", (text, implied, tree) => {
    expect(read(text, implied)).toEqual(tree);
  });

  test.each([
    ["a", undefined, "Expected '=' after parameter 'a'"],
    ["=x", undefined, "Invalid parameter ''"],
    ["1a=x", undefined, "Invalid parameter '1a'"],
    ["a..b=x", undefined, "Invalid parameter 'a..b'"],
    ["a.b=1,a=2", undefined, "Parameters 'a.*' used inconsistently"],
    ["a=1,a.b=2", undefined, "Parameters 'a.*' used inconsistently"],
    ["a.0=x,a.b=y", undefined, "Parameters 'a.*' used inconsistently"],
    ["a.1=x", undefined, "Parameter 'a.0' missing"],
    [`${"a".repeat(128)}=x`, undefined, `Parameter '${"a".repeat(128)}' is too long`],
    [`a.${"b".repeat(128)}=x`, undefined, `Parameter fragment '${"b".repeat(128)}' is too long`],
    ["x,a", "type", "Expected '=' after parameter 'a'"],
  ])("%j is refused", (text, implied, message) => {
    expect(() => read(text, implied)).toThrow(message);
  });

  test("asks for help with a word of its own", () => {
    expect(readKeyValues({}, "q35,help", "type")).toEqual({ help: true });
    expect(readKeyValues({}, "?")).toEqual({ help: true });
    expect(readKeyValues({}, "help=1")).toEqual({ help: false });
  });

  test("adds up over occurrences", () => {
    const tree: KeyValueTree = { smp: { cpus: "1" }, list: ["a"] };
    mergeKeyValues(tree, { smp: { cpus: "2", cores: "2" }, list: ["b"], x: "y" });
    expect(tree).toEqual({ smp: { cpus: "2", cores: "2" }, list: ["a", "b"], x: "y" });
    expect(() => mergeKeyValues(tree, { smp: "3" })).toThrow("Parameter 'smp' used inconsistently");
    expect(() => mergeKeyValues(tree, { smp: { cpus: {} } })).toThrow("Parameter 'smp.cpus' used inconsistently");
  });
});

describe("the older syntax", () => {
  test.each<[string, string | undefined, [string, string][]]>([
    [
      "nvdimm,id=n",
      "driver",
      [
        ["driver", "nvdimm"],
        ["id", "n"],
      ],
    ],
    ["a=x,,y", undefined, [["a", "x,y"]]],
    [
      "server,nowait",
      undefined,
      [
        ["server", "on"],
        ["wait", "off"],
      ],
    ],
    [
      "a,,b,c=1",
      "first",
      [
        ["first", "a,b"],
        ["c", "1"],
      ],
    ],
    [
      "a=,b=2",
      undefined,
      [
        ["a", ""],
        ["b", "2"],
      ],
    ],
    ["a=b=c", undefined, [["a", "b=c"]]],
    ["", "driver", []],
  ])("%s", (text, implied, pairs) => {
    expect(splitPairs(text, implied).map(({ key, value }) => [key, value])).toEqual(pairs);
  });
});
