import { fc } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { buildSmbios } from "../../../plugins/smbios/build.ts";
import { UserFields } from "../../../plugins/smbios/user-fields.ts";

const GIB = 2 ** 30;

/** Cuts tables into structures as a guest does (DSP0134 §6.1): by their lengths, and the double NUL behind the strings. */
function walk(tables: Uint8Array): { type: number; handle: number; strings: string[] }[] {
  const bytes = Buffer.from(tables);
  const found: { type: number; handle: number; strings: string[] }[] = [];
  for (let at = 0; at < bytes.length;) {
    const strings = at + bytes.readUInt8(at + 1);
    const end = bytes.indexOf("\0\0", strings, "latin1");
    const text = bytes.toString("utf8", strings, end);
    found.push({
      type: bytes.readUInt8(at),
      handle: bytes.readUInt16LE(at + 2),
      strings: text === "" ? [] : text.split("\0"),
    });
    at = end + 2;
  }
  return found;
}

test("whatever the user says, a guest finds every structure, and the entry point counts them", () => {
  const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }).filter((value) => !value.includes("\0"));
  const machine = fc.record({
    serial: text,
    strings: fc.array(text, { maxLength: 5 }),
    sockets: fc.integer({ min: 1, max: 9 }),
    size: fc.integer({ min: 1, max: 4096 }),
    kind: fc.constantFrom("32", "64", "auto"),
  });
  fc.assert(
    fc.property(machine, ({ serial, strings, sockets, size, kind }) => {
      const fields = new UserFields();
      fields.add([
        { key: "type", value: 1 },
        { key: "serial", value: serial },
      ]);
      for (const value of strings) {
        fields.add([
          { key: "type", value: 11 },
          { key: "value", value },
        ]);
      }
      const { tables, anchor } = buildSmbios(
        {
          machine: { manufacturer: "M", product: "P", version: "V" },
          uuid: new Uint8Array(16),
          sockets,
          processor: {
            identity: { vendor: "", signature: 0, features: 0, longMode: true, x2apic: false },
            coresPerSocket: 2,
            threadsPerSocket: 4,
          },
          memory: { size: size * GIB, ranges: [{ address: 0, length: size * GIB }] },
        },
        fields,
        kind,
      );
      const structures = walk(tables);
      const oem = strings.length === 0 ? [] : [11];
      const processors = Array.from({ length: sockets }, () => 4);
      expect(structures.map(({ type }) => type)).toEqual([1, 3, ...processors, ...oem, 16, 17, 19, 32, 127]);
      expect(new Set(structures.map(({ handle }) => handle)).size).toBe(structures.length);
      expect(structures[0]?.strings).toEqual(["M", "P", "V", serial]);
      if (strings.length > 0) expect(structures.find(({ type }) => type === 11)?.strings).toEqual(strings);
      const entry = Buffer.from(anchor);
      if (kind === "64") expect(entry.readUInt32LE(0x0c)).toBe(tables.length);
      else expect([entry.readUInt16LE(0x16), entry.readUInt16LE(0x1c)]).toEqual([tables.length, structures.length]);
    }),
    { numRuns: 50 },
  );
});
