import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { patchChecksum, patchPointer } from "../../../plugins/acpi/loader-patch.ts";
import {
  COMMAND_LENGTH,
  type LoaderCommand,
  decodeLoaderScript,
  encodeLoaderCommand,
  encodeLoaderScript,
} from "../../../plugins/acpi/loader-script.ts";

const name = fc.string({ unit: fc.constantFrom("a", "b", "/", "-", "."), minLength: 1, maxLength: 55 });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const size = fc.constantFrom(1, 2, 4, 8);
const alignment = fc.integer({ min: 0, max: 31 }).map((bits) => 2 ** bits);
const command: fc.Arbitrary<LoaderCommand> = fc.oneof(
  fc.record({ kind: fc.constant("allocate"), file: name, alignment, zone: fc.constantFrom("high", "fseg") }),
  fc.record({ kind: fc.constant("add-pointer"), file: name, source: name, offset: u32, size }),
  fc.record({ kind: fc.constant("add-checksum"), file: name, offset: u32, start: u32, length: u32 }),
  fc.record({ kind: fc.constant("write-pointer"), file: name, source: name, offset: u32, sourceOffset: u32, size }),
);

describe("loader script", () => {
  test.prop([fc.array(command, { maxLength: 20 })])("what is encoded is read back", (commands) => {
    const script = encodeLoaderScript(commands);
    expect(script.length).toBe(COMMAND_LENGTH * commands.length);
    expect(decodeLoaderScript(script)).toEqual(commands);
  });

  test.prop([fc.array(command, { maxLength: 5 }), fc.integer({ min: 0, max: 4096 })])(
    "padding adds nothing",
    (commands, padding) => {
      const script = Buffer.concat([encodeLoaderScript(commands), Buffer.alloc(padding)]);
      expect(decodeLoaderScript(script)).toEqual(commands);
    },
  );

  test.prop([fc.uint8Array({ maxLength: 1024 })])("reading never throws", (bytes) => {
    expect(decodeLoaderScript(bytes).length).toBeLessThanOrEqual(Math.floor(bytes.length / COMMAND_LENGTH));
  });

  test.each<[string, (bytes: Buffer) => void, string]>([
    ["an unknown command", (bytes) => bytes.writeUInt32LE(9, 0), "the unknown command 9"],
    ["an endless name", (bytes) => bytes.fill("x", 4, 60), "a file name does not end"],
    ["an odd alignment", (bytes) => bytes.writeUInt32LE(48, 60), "the alignment 48 is no power of two"],
    ["an unknown zone", (bytes) => bytes.writeUInt8(3, 64), "the unknown zone 3"],
  ])("%s is reported in its place", (_, spoil, reason) => {
    const good: LoaderCommand = { kind: "allocate", file: "f", alignment: 16, zone: "high" };
    const bad = Buffer.from(encodeLoaderCommand(good));
    spoil(bad);
    const [first, second] = decodeLoaderScript(Buffer.concat([bad, encodeLoaderCommand(good)]));
    expect(first).toMatchObject({ kind: "malformed", reason });
    expect(second).toEqual(good);
  });

  test("a name that leaves no room for its end is refused", () => {
    const file = "x".repeat(56);
    expect(() => encodeLoaderCommand({ kind: "allocate", file, alignment: 1, zone: "high" })).toThrow(RangeError);
  });
});

describe("patching", () => {
  test.prop([fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 0, max: 0xffffffff })])(
    "a pointer is an addition modulo its width",
    (offset, address) => {
      for (const size of [1, 2, 4, 8] as const) {
        const file = Buffer.alloc(16, 0xaa);
        file.writeBigUInt64LE(BigInt.asUintN(8 * size, BigInt(offset)), 4);
        file.fill(0xaa, 4 + size);
        expect(patchPointer(file, { kind: "add-pointer", file: "f", source: "g", offset: 4, size }, address)).toBe(
          true,
        );
        const expected = Buffer.alloc(16, 0xaa);
        expected.writeBigUInt64LE(BigInt.asUintN(8 * size, BigInt(offset) + BigInt(address)), 4);
        expected.fill(0xaa, 4 + size);
        expect(file).toEqual(expected);
      }
    },
  );

  test.prop([fc.uint8Array({ minLength: 4, maxLength: 64 })])("a range sums to zero with its checksum", (bytes) => {
    bytes[3] = 0;
    const patched = patchChecksum(bytes, {
      kind: "add-checksum",
      file: "f",
      offset: 3,
      start: 0,
      length: bytes.length,
    });
    expect(patched).toBe(true);
    expect(bytes.reduce((sum, byte) => sum + byte, 0) % 0x100).toBe(0);
  });

  test("what does not lie within the file is left alone", () => {
    const file = Buffer.alloc(8, 1);
    const pointer = { kind: "add-pointer", file: "f", source: "g", size: 4 } as const;
    expect(patchPointer(file, { ...pointer, offset: 5 }, 1)).toBe(false);
    expect(patchPointer(file, { ...pointer, offset: 0xffffffff }, 1)).toBe(false);
    const checksum = { kind: "add-checksum", file: "f" } as const;
    expect(patchChecksum(file, { ...checksum, offset: 0, start: 0, length: 9 })).toBe(false);
    expect(patchChecksum(file, { ...checksum, offset: 8, start: 0, length: 8 })).toBe(false);
    expect(patchChecksum(file, { ...checksum, offset: 0, start: 0xffffffff, length: 2 })).toBe(false);
    expect(file).toEqual(Buffer.alloc(8, 1));
  });
});
