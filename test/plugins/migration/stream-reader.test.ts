import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BackplaneError } from "backplane";
import { readStream } from "../../../plugins/migration/stream-reader.ts";
import { loadMigrationGolden, loadMigrationStream } from "../../peer/golden.ts";

const stream = loadMigrationStream("none-64m");
const golden = loadMigrationGolden("none-64m");

describe("the peer's smallest stream", () => {
  const read = readStream(stream);

  test("is taken apart", () => {
    expect(read).toMatchObject({ version: 3, machine: "none", description: golden.description });
    expect(read.parts.map(({ offset, length, kind }) => ({ offset, length, kind }))).toEqual(
      golden.sections.map(({ offset, length, kind }) => ({ offset, length, kind })),
    );
    expect(read.devices.map(({ idstr }) => idstr)).toEqual(["timer", "globalstate"]);
  });

  test("has one block of zeros", () => {
    expect(read.ram?.total).toBe(64 * 1024 * 1024);
    expect(read.ram?.blocks).toMatchObject([{ idstr: "ram", usedLength: 67108864, sentZero: 16384, pagesSeen: 16384 }]);
    expect(read.ram?.block("ram")?.page(5)).toEqual(new Uint8Array(4096));
    expect(read.ram?.block("ram")?.page(16384)).toBeUndefined();
  });
});

describe("what is no whole stream", () => {
  const patched = (offset: number, ...bytes: number[]): Uint8Array => {
    const copy = Buffer.from(stream);
    copy.set(bytes, offset);
    return copy;
  };

  test.each<readonly [string, Uint8Array, string]>([
    ["nothing", new Uint8Array(0), "offset 0: the stream ends: 4 bytes wanted, 0 are left"],
    ["something else", Buffer.from("#!/bin/sh\n"), "offset 0: this is no migration stream"],
    ["another version", patched(7, 2), "offset 4: version 2 is not supported"],
    ["a stream without its end", stream.subarray(0, stream.length - 1), "the description is missing"],
    ["a section that has not begun", patched(71, 9), "offset 67: section 9 has not begun"],
    ["a wrong footer", patched(66, 9), "offset 62: the footer of section 1 ('ram') should be here"],
    ["an unknown part", patched(67, 0x55), "offset 67: no part of a stream begins with the byte 85"],
    ["an unknown flag", patched(79, 0x80), "offset 72: page flags 0x80 are not supported"],
    [
      "a page outside of its block",
      patched(72, 0, 0, 0, 0, 4, 0, 0, 2),
      "offset 72: offset 0x4000000 is outside of block 'ram'",
    ],
    ["a page of an unknown block", patched(81, 0x78), "offset 72: there is no block 'xam'"],
    ["a continued page at first", patched(79, 0x22), "offset 72: a page continues a block before there is one"],
    ["a block that is too large", patched(50, 0, 0, 0, 0, 8), "does not fit in 67108864"],
  ])("%s is refused with the offset", (_, bytes, text) => {
    expect(() => readStream(bytes)).toThrow(text);
  });

  test("is refused as an error of its own, wherever it is damaged", () => {
    fc.assert(
      fc.property(fc.nat(stream.length - 1), fc.nat(255), (offset, value) => {
        try {
          readStream(patched(offset, value));
        } catch (error) {
          expect(error).toBeInstanceOf(BackplaneError);
        }
      }),
      {
        numRuns: 60,
        examples: [
          [13, 255],
          [22, 255],
          [41, 255],
          [stream.length - 10, 34],
        ],
      },
    );
  });

  test("is refused as an error of its own, wherever it is cut off", () => {
    fc.assert(
      fc.property(fc.nat(stream.length - 1), (length) => {
        expect(() => readStream(stream.subarray(0, length))).toThrow(BackplaneError);
      }),
      { numRuns: 60 },
    );
  });
});
