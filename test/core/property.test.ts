import { parseProperties, parseSize, prop, type OptionValue, type ValueForm } from "backplane";
import { describe, expect, test } from "vitest";

const table = {
  flag: prop.bool(false),
  small: prop.unsigned(8, 1),
  wide: prop.unsigned(53, 0),
  signed: prop.signed(32, -1),
  bytes: prop.size(0),
  text: prop.string(undefined),
  word: prop.choice("OnOffAuto", ["on", "off", "auto"], "auto"),
};

const parse = (form: ValueForm, name: keyof typeof table, value: OptionValue): unknown =>
  parseProperties(table, { [name]: value }, "device", form)[name];

describe("a property is refused in the words of where it was written", () => {
  test.each<[ValueForm, keyof typeof table, OptionValue, string]>([
    ["keyval", "flag", "maybe", "Parameter 'flag' expects 'on' or 'off'"],
    ["json", "flag", "on", "Invalid parameter type for 'flag', expected: boolean"],
    ["keyval", "small", "x", "Parameter 'small' expects integer"],
    ["opts", "small", "x", "Parameter 'small' expects a uint64 value"],
    ["string", "small", "x", "Parameter 'small' expects uint64"],
    ["json", "small", "48", "Parameter 'small' expects uint64"],
    ["keyval", "small", "256", "Parameter 'small' expects uint8_t"],
    ["keyval", "small", "-1", "Parameter 'small' expects uint8_t"],
    ["keyval", "signed", "x", "Parameter 'signed' expects integer"],
    ["opts", "signed", "x", "Parameter 'signed' expects an int64 value"],
    ["json", "signed", "1", "Invalid parameter type for 'signed', expected: integer"],
    ["keyval", "signed", "4294967296", "Parameter 'signed' expects int32_t"],
    ["keyval", "bytes", "1x", "Parameter 'bytes' expects size"],
    ["opts", "bytes", "1x", "Parameter 'bytes' expects a size value"],
    ["string", "bytes", "1x", "Parameter 'bytes' expects a non-negative number below 2^64"],
    ["string", "bytes", "-1", "Value '-1' is out of range for parameter 'bytes'"],
    ["json", "bytes", "1M", "Parameter 'bytes' expects uint64"],
    ["json", "text", 1, "Invalid parameter type for 'text', expected: string"],
    ["keyval", "word", "maybe", "Parameter 'word' does not accept value 'maybe'"],
    ["json", "word", true, "Invalid parameter type for 'word', expected: string"],
  ])("%s %s=%j", (form, name, value, message) => {
    expect(() => parse(form, name, value)).toThrow(message);
  });

  test("and one that does not exist names its owner", () => {
    expect(() => parseProperties(table, { nosuch: 1 }, "device")).toThrow("Property 'device.nosuch' not found");
  });
});

test("numbers are decimal, hexadecimal and octal, as C reads them", () => {
  expect(["0x10", "010", " 16", "+16", "16"].map((text) => parse("keyval", "wide", text))).toEqual([16, 8, 16, 16, 16]);
  expect(() => parse("keyval", "wide", "08")).toThrow("expects integer");
});

describe("sizes", () => {
  test.each([
    ["0", 0],
    ["64", 64],
    ["1k", 1024],
    ["1.5G", 1.5 * 1024 ** 3],
    [".5K", 512],
    ["1.0", 1],
    ["0x20", 32],
    ["0x1b", 27],
    ["2T", 2 * 1024 ** 4],
    ["1E", 1024 ** 6],
    ["010", 10],
    ["3B", 3],
  ])("%s is %d bytes", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each(["", "x", "1x", "1.5", "1.5B", "0x20M", "1e3", "64MB", "-1", "1 k", "."])("%j is none", (text) => {
    expect(parseSize(text)).toBeUndefined();
  });

  test("are in the unit that is meant where none is written", () => {
    expect(parseSize("64", "M")).toBe(64 * 1024 ** 2);
    expect(parseSize("1.5", "M")).toBe(1.5 * 1024 ** 2);
  });
});
