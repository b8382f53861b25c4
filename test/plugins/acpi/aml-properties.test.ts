import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  AmlNode,
  Device,
  If,
  Integer,
  Name,
  Package,
  Ref,
  Scope,
  encodeTerms,
} from "../../../plugins/acpi/aml/index.ts";

/** A reader of what the properties write, from the grammar alone: ACPI 6.5 §20.2.2 to §20.2.4. */
class Reader {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get end(): boolean {
    return this.at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.at++] ?? Number.NaN;
  }

  integer(): bigint {
    const opcode = this.byte();
    if (opcode < 2) return BigInt(opcode);
    const width = { 0x0a: 1, 0x0b: 2, 0x0c: 4, 0x0e: 8 }[opcode] ?? 0;
    let value = 0n;
    for (let i = 0; i < width; i++) value |= BigInt(this.byte()) << BigInt(8 * i);
    return value;
  }

  /** Where the package ends. */
  packageEnd(): number {
    const start = this.at;
    const lead = this.byte();
    const more = lead >> 6;
    if (more === 0) return start + lead;
    let length = lead & 0xf;
    for (let i = 0; i < more; i++) length += this.byte() * 2 ** (4 + 8 * i);
    return start + length;
  }

  path(): string {
    let prefix = "";
    let lead = this.byte();
    for (; lead === 0x5c || lead === 0x5e; lead = this.byte()) prefix += String.fromCharCode(lead);
    if (lead === 0) return prefix;
    const segments = lead === 0x2e ? 2 : lead === 0x2f ? this.byte() : 1;
    if (segments === 1) this.at--;
    const segment = (): string => String.fromCharCode(this.byte(), this.byte(), this.byte(), this.byte());
    return prefix + Array.from({ length: segments }, segment).join(".");
  }
}

const segment = fc.stringMatching(/^[ABCXYZ_][ABCXYZ_019]{0,3}$/);
const path = fc
  .tuple(fc.constantFrom("", "\\", "^", "^^"), fc.array(segment, { minLength: 1, maxLength: 6 }))
  .map(([prefix, segments]) => ({
    text: prefix + segments.join("."),
    full: prefix + segments.map((name) => name.padEnd(4, "_")).join("."),
  }));

describe("what is written can be read", () => {
  test.prop([fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })])("integers, in the shortest form", (value) => {
    const node = Integer(value);
    expect(new Reader(node.toBytes()).integer()).toBe(value);
    const shortest = value < 2n ? 1 : value < 1n << 8n ? 2 : value < 1n << 16n ? 3 : value < 1n << 32n ? 5 : 9;
    expect(node.length).toBe(shortest);
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) expect(Integer(Number(value)).code).toBe(node.code);
  });

  test.prop([path])("names", ({ text, full }) => {
    expect(new Reader(Ref(text).toBytes()).path()).toBe(full);
  });

  test.prop([fc.integer({ min: 0, max: 70_000 })])("package lengths, which end where the content does", (length) => {
    const bytes = If(0, new AmlNode("\xa3".repeat(length))).toBytes();
    const reader = new Reader(bytes);
    expect(reader.byte()).toBe(0xa0);
    expect(reader.packageEnd()).toBe(bytes.length);
    const size = bytes.length - 1;
    expect(reader.at - 1).toBe(size <= 0x3f ? 1 : size <= 0xfff ? 2 : 3);
  });

  test.prop([fc.array(fc.nat({ max: 2 ** 40 }), { maxLength: 255 })])("packages of integers", (values) => {
    const reader = new Reader(Package(values).toBytes());
    reader.byte();
    reader.packageEnd();
    expect(reader.byte()).toBe(values.length);
    const read: number[] = [];
    while (!reader.end) read.push(Number(reader.integer()));
    expect(read).toEqual(values);
  });
});

interface Tree {
  readonly name: string;
  readonly children: readonly Tree[];
}

const { tree } = fc.letrec<{ tree: Tree; leaf: Tree; branch: Tree }>((tie) => ({
  tree: fc.oneof({ maxDepth: 8 }, tie("leaf"), tie("branch")),
  leaf: segment.map((name) => ({ name, children: [] })),
  branch: fc.record({ name: segment, children: fc.array(tie("tree"), { maxLength: 4 }) }),
}));

const devicesIn = ({ children }: Tree): number => 1 + children.reduce((sum, child) => sum + devicesIn(child), 0);
const build = ({ name, children }: Tree): AmlNode => Device(name, Name("_UID", 0), ...children.map(build));

describe("nesting", () => {
  test.prop([tree])("a term list is the sum of its parts, however deep", (root) => {
    const node = build(root);
    expect(encodeTerms([node, node])).toHaveLength(2 * node.length);
    expect(Scope("_SB", node).length).toBeGreaterThan(node.length);
    const text = Buffer.from(node.toBytes()).toString("latin1");
    expect(text.split("_UID")).toHaveLength(devicesIn(root) + 1);
  });
});
