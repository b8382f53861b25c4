import { afterAll, describe, expect, test } from "vitest";
import { parseAcpiTable, readHostFile } from "../../../plugins/acpi/acpitable-option.ts";
import { Workspace } from "../../peer/workspace.ts";

const workspace = new Workspace([
  { name: "a", hex: Buffer.from("first part ").toString("hex") },
  { name: "a,b", hex: "01" },
  { name: "header", size: 36 },
  { name: "largest", size: 65535 - 36 },
  { name: "big", size: 70000 },
]);
afterAll(() => workspace.remove());

function parse(text: string): ReturnType<typeof parseAcpiTable> {
  return parseAcpiTable(text, (path, limit) => readHostFile(workspace.file(path), limit));
}

function header(text: string): string {
  return Buffer.from(parse(text).bytes.subarray(0, 36)).toString("hex");
}

describe("-acpitable: what the peer refuses, in its words", () => {
  test.each([
    ["", "'-acpitable' requires one of 'data' or 'file'"],
    ["sig=ABCD", "'-acpitable' requires one of 'data' or 'file'"],
    ["data=a,file=a", "'-acpitable' requires one of 'data' or 'file'"],
    ["data=", "'-acpitable' requires at least one pathname"],
    ["data=nope", "can't open file nope: No such file or directory"],
    ["data=a:nope", "can't open file nope: No such file or directory"],
    ["data=big", "ACPI table too big, requested: 70036, max: 65535"],
    ["file=big", "ACPI table too big, requested: 70000, max: 65535"],
    ["data=big:big:nope", "can't open file nope: No such file or directory"],
    ["file=a", "ACPI table claiming to have header is too short, available: 11, expected: 36"],
    ["foo=1,data=a", "Invalid parameter 'foo'"],
    ["foo=1,bar=2,data=a", "Invalid parameter 'bar'"],
    ["foo=1,rev=x", "Parameter 'rev' expects a uint64 value"],
    ["rev=256,data=a", "Parameter 'rev' expects uint8_t"],
    ["rev=-1,data=a", "Parameter 'rev' expects a uint64 value"],
    ["rev=5k,data=a", "Parameter 'rev' expects a uint64 value"],
    ["rev=08,data=a", "Parameter 'rev' expects a uint64 value"],
    ["rev=,data=a", "Parameter 'rev' expects a uint64 value"],
    ["oem_rev=0x100000000,data=a", "Parameter 'oem_rev' expects uint32_t"],
    ["oem_rev=18446744073709551616,data=a", "Parameter 'oem_rev' expects a uint64 value"],
    ["data=a,id=foo", "Invalid parameter 'id'"],
    ["id=1foo,data=a", "Parameter 'id' expects an identifier"],
    ["=a", "Invalid parameter ''"],
    ["rev=1,a", "Invalid parameter 'a'"],
  ])("%s", (text, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ message }));
  });

  test("what an identifier is, in the line below", () => {
    const hints = ["Identifiers consist of letters, digits, '-', '.', '_', starting with a letter."];
    expect(() => parse("id=1foo,data=a")).toThrow(expect.objectContaining({ hints }));
  });

  test("a folder", () => {
    expect(() => parseAcpiTable(`data=${workspace.path}`)).toThrow(`can't read file ${workspace.path}: Is a directory`);
  });

  test("a file without an end is read no further than a table goes", () => {
    expect(() => parseAcpiTable("data=/dev/zero")).toThrow("ACPI table too big, requested: 65572, max: 65535");
  });
});

describe("-acpitable: what the peer accepts", () => {
  test("the first part may be the file; without any field there is a warning", () => {
    const table = parse("a");
    expect(Buffer.from(table.bytes).toString("latin1", 36)).toBe("first part ");
    expect(table.warnings).toEqual(["ACPI table: no headers are specified"]);
  });

  test("a doubled comma belongs to the path, a trailing one to nothing", () => {
    expect(parse("sig=X,data=a,,b,").bytes.length).toBe(37);
  });

  test.each(["rev=16", "rev=0x10", "rev=020", "rev= 16", "rev=+16", "rev=1,rev=16"])("%s", (rev) => {
    expect(header(`${rev},data=a`)).toBe(header("rev=16,data=a"));
  });

  test("a switch gives its name the value on, and a warning", () => {
    const table = parse("data=a,sig");
    expect(Buffer.from(table.bytes).toString("latin1", 0, 4)).toBe("on\0\0");
    expect(table.warnings).toEqual(["short-form boolean option 'sig' deprecated\nPlease use sig=on instead"]);
  });

  test("text is cut to its field, and an empty one clears it", () => {
    expect(Buffer.from(parse("sig=ABCDEF,oem_id=,data=a").bytes).toString("latin1", 0, 16)).toMatch(/^ABCD.{6}\0{6}$/s);
  });

  test("a header that lies about its length is corrected, with a warning", () => {
    const table = parse("file=header");
    expect(table.warnings).toEqual(["ACPI table has wrong length, header says 0, actual size 36 bytes"]);
    expect(Buffer.from(table.bytes).readUInt32LE(4)).toBe(36);
  });

  test("the largest table, whose checksum is right", () => {
    const { bytes } = parse("data=largest");
    expect(bytes.length).toBe(65535);
    expect(bytes.reduce((sum, byte) => sum + byte, 0) % 0x100).toBe(0);
  });
});
