// Each expectation is encoded by hand from the grammar: ACPI 6.5 §20.2, and §6.4 for resource descriptors.
import { describe, expect, test } from "vitest";
import * as aml from "../../../plugins/acpi/aml/index.ts";

const hex = (node: aml.AmlNode | aml.ResourceDescriptor): string =>
  (Buffer.from(node.code, "latin1").toString("hex").match(/../g) ?? []).join(" ");
const body = (length: number): aml.AmlNode[] => Array.from({ length }, () => aml.Noop);

describe("names (§20.2.2)", () => {
  test.each([
    ["A", "41 5f 5f 5f"],
    ["_SB", "5f 53 42 5f"],
    ["\\_SB", "5c 5f 53 42 5f"],
    ["^^ABCD", "5e 5e 41 42 43 44"],
    ["_SB.PCI0", "2e 5f 53 42 5f 50 43 49 30"],
    ["^S08.PCNT", "5e 2e 53 30 38 5f 50 43 4e 54"],
    ["\\_SB.PCI0.S08", "5c 2f 03 5f 53 42 5f 50 43 49 30 53 30 38 5f"],
    ["\\", "5c 00"],
    ["^", "5e 00"],
  ])("%s", (path, expected) => {
    expect(hex(aml.Ref(path))).toBe(expected);
  });

  test.each(["", "abcd", "0ABC", "TOOLONG", "_SB..PCI0", "_SB.", "A^B", "A\\B", "Ä"])("%j is refused", (path) => {
    expect(() => aml.Ref(path)).toThrow(RangeError);
  });
});

describe("package lengths (§20.2.4)", () => {
  // An If of so many one-byte statements: opcode, length, condition, body.
  test.each([
    [0, "a0 02 01"],
    [61, "a0 3f 01"],
    [62, "a0 41 04 01"],
    [4092, "a0 4f ff 01"],
    [4093, "a0 81 00 01 01"],
    [1048571, "a0 8f ff ff 01"],
    [1048572, "a0 c1 00 00 01 01"],
  ])("%i bytes of body", (length, expected) => {
    const node = new aml.AmlNode(aml.If(1, new aml.AmlNode("\xa3".repeat(length))).code);
    expect(hex(node).slice(0, expected.length)).toBe(expected);
    expect(node.length).toBe((expected.length + 1) / 3 + length);
  });

  test("beyond 28 bits it is refused", () => {
    expect(() => aml.If(1, new aml.AmlNode("\xa3".repeat(2 ** 28)))).toThrow(RangeError);
  });
});

describe("data (§20.2.3)", () => {
  test.each([
    [0, "00"],
    [1, "01"],
    [2, "0a 02"],
    [0xff, "0a ff"],
    [0x100, "0b 00 01"],
    [0xffff, "0b ff ff"],
    [0x10000, "0c 00 00 01 00"],
    [0xffffffff, "0c ff ff ff ff"],
    [0x1_0000_0000, "0e 00 00 00 00 01 00 00 00"],
    [0n, "00"],
    [0xffn, "0a ff"],
    [0xffff_ffffn, "0c ff ff ff ff"],
    [0xffff_ffff_ffff_ffffn, "0e ff ff ff ff ff ff ff ff"],
  ])("integer %s", (value, expected) => {
    expect(hex(aml.Integer(value))).toBe(expected);
  });

  test.each([-1, 1.5, Number.NaN, 2 ** 53, -1n, 2n ** 64n])("integer %s is refused", (value) => {
    expect(() => aml.Integer(value)).toThrow(RangeError);
  });

  test("strings and buffers", () => {
    expect(hex(aml.Text("AB"))).toBe("0d 41 42 00");
    expect(() => aml.Text("ä")).toThrow(RangeError);
    expect(() => aml.Text("a\0b")).toThrow(RangeError);
    expect(hex(aml.Bytes([]))).toBe("11 02 00");
    expect(hex(aml.Bytes([1, 2]))).toBe("11 05 0a 02 01 02");
    expect(hex(aml.ZeroBytes(1))).toBe("11 03 01 00");
    expect(hex(aml.Unicode("A"))).toBe("11 07 0a 04 41 00 00 00");
  });

  test("packages", () => {
    expect(hex(aml.Package([]))).toBe("12 02 00");
    expect(hex(aml.Package([1, "LNKA", aml.Text("")]))).toBe("12 09 03 01 4c 4e 4b 41 0d 00");
    expect(hex(aml.Package([], 255))).toBe("12 02 ff");
    expect(hex(aml.VarPackage(aml.Local(0), [aml.Zero]))).toBe("13 03 60 00");
    expect(() => aml.Package([], 256)).toThrow(RangeError);
    expect(() => aml.Package([0, 0], 1)).toThrow(RangeError);
  });

  test("identifiers (§19.3.4, §19.6.142)", () => {
    expect(hex(aml.EisaId("PNP0A03"))).toBe("0c 41 d0 0a 03");
    expect(() => aml.EisaId("PNPXYZW")).toThrow(RangeError);
    expect(hex(aml.ToUUID("33DB4D5B-1FF7-401C-9657-7441C03DD766"))).toBe(
      "11 13 0a 10 5b 4d db 33 f7 1f 1c 40 96 57 74 41 c0 3d d7 66",
    );
    expect(() => aml.ToUUID("33DB4D5B")).toThrow(RangeError);
  });
});

describe("objects (§20.2.5.1, §20.2.5.2)", () => {
  test("namespace", () => {
    expect(hex(aml.Name("_ADR", 0x10000))).toBe("08 5f 41 44 52 0c 00 00 01 00");
    expect(hex(aml.Alias("A", "B"))).toBe("06 41 5f 5f 5f 42 5f 5f 5f");
    expect(hex(aml.Scope("\\", aml.Noop))).toBe("10 04 5c 00 a3");
    expect(hex(aml.External("FOO", "method", 2))).toBe("15 46 4f 4f 5f 08 02");
  });

  test("devices and their like", () => {
    expect(hex(aml.Device("HPET", aml.Name("_UID", 0)))).toBe("5b 82 0b 48 50 45 54 08 5f 55 49 44 00");
    expect(hex(aml.Processor("C000", { id: 3 }))).toBe("5b 83 0b 43 30 30 30 03 00 00 00 00 00");
    expect(hex(aml.ThermalZone("TZ"))).toBe("5b 85 05 54 5a 5f 5f");
    expect(hex(aml.PowerResource("PR", 1, 0x203))).toBe("5b 84 08 50 52 5f 5f 01 03 02");
    expect(hex(aml.Event("EV"))).toBe("5b 02 45 56 5f 5f");
    expect(hex(aml.Mutex("MX", 2))).toBe("5b 01 4d 58 5f 5f 02");
  });

  test("methods", () => {
    expect(hex(aml.Method("_STA", 0, aml.Return(0)))).toBe("14 08 5f 53 54 41 00 a4 00");
    expect(hex(aml.Method("M", { args: 7, serialized: true, syncLevel: 2 }))).toBe("14 06 4d 5f 5f 5f 2f");
    expect(() => aml.Method("M", 8)).toThrow(RangeError);
    expect(() => aml.Arg(7)).toThrow(RangeError);
    expect(() => aml.Local(8)).toThrow(RangeError);
  });

  test("regions and fields", () => {
    expect(hex(aml.OperationRegion("DBG", "SystemIO", 0x402, 1))).toBe("5b 80 44 42 47 5f 01 0b 02 04 01");
    const form = { access: "DWordAcc", lock: true, update: "WriteAsZeros" } as const;
    expect(hex(aml.Field("DBG", form, ["A", 1], { skip: 63 }, ["B", 64]))).toBe(
      "5b 81 13 44 42 47 5f 53 41 5f 5f 5f 01 00 3f 42 5f 5f 5f 40 04",
    );
    expect(hex(aml.IndexField("I", "D", { access: "ByteAcc", update: "Preserve" }, ["A", 8]))).toBe(
      "5b 86 0f 49 5f 5f 5f 44 5f 5f 5f 01 41 5f 5f 5f 08",
    );
    expect(() => aml.Field("DBG", form, ["A.B", 1])).toThrow(RangeError);
    expect(hex(aml.CreateDWordField(aml.Arg(3), 4, "CDW2"))).toBe("8a 6b 0a 04 43 44 57 32");
    expect(hex(aml.CreateField("B", 0, 9, "F"))).toBe("5b 13 42 5f 5f 5f 00 0a 09 46 5f 5f 5f");
    const rest = [aml.CreateWordField, aml.CreateByteField, aml.CreateBitField, aml.CreateQWordField];
    expect(rest.map((create) => hex(create("B", 0, "F")).slice(0, 2))).toEqual(["8b", "8c", "8d", "8f"]);
  });
});

describe("statements and expressions (§20.2.5.3, §20.2.5.4)", () => {
  const [a, b] = [aml.Local(0), aml.Arg(0)];

  test.each([
    ["Store", aml.Store(1, "A"), "70 01 41 5f 5f 5f"],
    ["Increment", aml.Increment(a), "75 60"],
    ["Decrement", aml.Decrement(a), "76 60"],
    ["And without a target", aml.And(a, b), "7b 60 68 00"],
    ["And with a target", aml.And(a, b, a), "7b 60 68 60"],
    ["Not", aml.Not(a), "80 60 00"],
    ["Divide", aml.Divide(a, b), "78 60 68 00 00"],
    ["Mid", aml.Mid(a, 0, 1, b), "9e 60 00 01 68"],
    ["Index", aml.Index(a, 1), "88 60 01 00"],
    ["LNotEqual", aml.LNotEqual(a, b), "92 93 60 68"],
    ["LLessEqual", aml.LLessEqual(a, b), "92 94 60 68"],
    ["LGreaterEqual", aml.LGreaterEqual(a, b), "92 95 60 68"],
    ["CondRefOf", aml.CondRefOf("A", a), "5b 12 41 5f 5f 5f 60"],
    ["Call", aml.Call("M", 1, a), "4d 5f 5f 5f 01 60"],
    ["Notify", aml.Notify("A", 0x80), "86 41 5f 5f 5f 0a 80"],
    ["If", aml.If(a, aml.Break), "a0 03 60 a5"],
    ["Else", aml.Else(aml.Continue), "a1 02 9f"],
    ["While", aml.While(1, aml.BreakPoint), "a2 03 01 cc"],
    ["Return", aml.Return(aml.Ones), "a4 ff"],
    ["Locked", aml.Locked("M", aml.Noop), "5b 23 4d 5f 5f 5f ff ff a3 5b 27 4d 5f 5f 5f"],
    ["Signal", aml.Signal("E"), "5b 24 45 5f 5f 5f"],
    ["Wait", aml.Wait("E", 1), "5b 25 45 5f 5f 5f 01"],
    ["Reset", aml.Reset("E"), "5b 26 45 5f 5f 5f"],
    ["Stall", aml.Stall(1), "5b 21 01"],
    ["Sleep", aml.Sleep(1), "5b 22 01"],
    ["Debug", aml.Store(a, aml.Debug), "70 60 5b 31"],
    ["Terms", aml.Terms(aml.Noop, aml.Zero), "a3 00"],
  ])("%s", (_name, node, expected) => {
    expect(hex(node)).toBe(expected);
  });

  test("opcodes of the uniform ones", () => {
    const {
      Add,
      Subtract,
      Multiply,
      Mod,
      ShiftLeft,
      ShiftRight,
      Nand,
      Or,
      Nor,
      Xor,
      Concatenate,
      ConcatenateResTemplate,
      ToStringOf,
    } = aml;
    const binary = {
      Add,
      Subtract,
      Multiply,
      Mod,
      ShiftLeft,
      ShiftRight,
      Nand,
      Or,
      Nor,
      Xor,
      Concatenate,
      ConcatenateResTemplate,
      ToStringOf,
    };
    expect(Object.values(binary).map((operation) => hex(operation(a, b, a)))).toEqual(
      [0x72, 0x74, 0x77, 0x85, 0x79, 0x7a, 0x7c, 0x7d, 0x7e, 0x7f, 0x73, 0x84, 0x9c].map(
        (code) => `${code.toString(16)} 60 68 60`,
      ),
    );
    const { FindSetLeftBit, FindSetRightBit, ToBuffer, ToDecimalString, ToHexString, ToInteger } = aml;
    const unary = [FindSetLeftBit, FindSetRightBit, ToBuffer, ToDecimalString, ToHexString, ToInteger];
    expect(unary.map((operation) => hex(operation(a)))).toEqual(
      [0x81, 0x82, 0x96, 0x97, 0x98, 0x99].map((code) => `${code.toString(16)} 60 00`),
    );
    const { RefOf, DerefOf, SizeOf, ObjectType, LNot } = aml;
    expect([RefOf, DerefOf, SizeOf, ObjectType, LNot].map((operation) => hex(operation(a)))).toEqual(
      [0x71, 0x83, 0x87, 0x8e, 0x92].map((code) => `${code.toString(16)} 60`),
    );
    const { CopyObject, LAnd, LOr, LEqual, LGreater, LLess } = aml;
    expect([CopyObject, LAnd, LOr, LEqual, LGreater, LLess].map((operation) => hex(operation(a, b)))).toEqual(
      [0x9d, 0x90, 0x91, 0x93, 0x94, 0x95].map((code) => `${code.toString(16)} 60 68`),
    );
  });
});

describe("resources (§6.4)", () => {
  test.each([
    ["IO", aml.IO(0x60, 1), "47 01 60 00 60 00 01 01"],
    ["IRQNoFlags", aml.IRQNoFlags(1, 12), "22 02 10"],
    ["DMA", aml.DMA({ speed: "TypeF", busMaster: true, transfer: "Transfer16" }, 2), "2a 04 66"],
    ["Memory32Fixed", aml.Memory32Fixed(0xfed00000, 0x400, "ReadOnly"), "86 09 00 00 00 00 d0 fe 00 04 00 00"],
    [
      "Interrupt",
      aml.Interrupt({ consumer: true, edge: true, activeLow: true, shared: true }, 5, 10),
      "89 0a 00 0f 02 05 00 00 00 0a 00 00 00",
    ],
    ["WordBusNumber", aml.WordBusNumber({ first: 0, last: 0xff }), "88 0d 00 02 0c 00 00 00 00 00 ff 00 00 00 00 01"],
    ["WordIO", aml.WordIO({ first: 0xd00, last: 0xffff }), "88 0d 00 01 0c 03 00 00 00 0d ff ff 00 00 00 f3"],
    [
      "DWordIO",
      aml.DWordIO({ first: 0, last: 1 }),
      `87 17 00 01 0c 03 ${"00 00 00 00 ".repeat(2)}01 00 00 00 00 00 00 00 02 00 00 00`,
    ],
    [
      "DWordMemory",
      aml.DWordMemory({ cacheable: true, writable: true }, { first: 0xa0000, last: 0xbffff }),
      "87 17 00 00 0c 03 00 00 00 00 00 00 0a 00 ff ff 0b 00 00 00 00 00 00 00 02 00",
    ],
    [
      "QWordMemory",
      aml.QWordMemory({ writable: false }, { first: 0x1_0000_0000, last: 0x8_ffff_ffff }),
      `8a 2b 00 00 0c 00 ${"00 ".repeat(8)}00 00 00 00 01 00 00 00 ff ff ff ff 08 00 00 00 ${"00 ".repeat(8)}00 00 00 00 08 00 00 00`,
    ],
  ])("%s", (_name, descriptor, expected) => {
    expect(hex(descriptor)).toBe(expected);
  });

  test("a template is a buffer with an end tag", () => {
    expect(hex(aml.ResourceTemplate())).toBe("11 05 0a 02 79 00");
    expect(hex(aml.ResourceTemplate(aml.IRQNoFlags(8)))).toBe("11 08 0a 05 22 00 01 79 00");
  });

  test("lines that do not exist are refused", () => {
    expect(() => aml.IRQNoFlags(16)).toThrow(RangeError);
    expect(() => aml.DMA({ speed: "TypeA", transfer: "Transfer8" }, 8)).toThrow(RangeError);
    expect(() => aml.IO(0, 256)).toThrow(RangeError);
  });
});

test("a node is its bytes, and a body its nodes' bytes in a row", () => {
  expect(aml.encodeTerms([aml.Zero, ...body(2), aml.Integer(0xfe)])).toEqual(Uint8Array.of(0, 0xa3, 0xa3, 0x0a, 0xfe));
  expect(aml.Bytes([0x80]).toBytes()).toEqual(Uint8Array.of(0x11, 3, 1, 0x80));
});
