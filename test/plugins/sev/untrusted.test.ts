// What comes from outside: firmware images, and text in base64. Whatever it is, it is read within its bounds.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeLenient } from "../../../plugins/sev/base64.ts";
import { OVMF_GUID, OvmfTable, guidBytes } from "../../../plugins/sev/ovmf-table.ts";
import { ovmfImage } from "./ovmf-image.ts";

describe("a firmware image", () => {
  test("of any bytes behind a good footer is read without a fault", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 200 }), fc.nat(0xffff), (noise, length) => {
        const image = Buffer.alloc(4096);
        guidBytes(OVMF_GUID.footer).copy(image, 4096 - 48);
        image.writeUInt16LE(length, 4096 - 50);
        Buffer.from(noise).copy(image, 4096 - 50 - noise.length);
        const table = new OvmfTable(image);
        for (const guid of Object.values(OVMF_GUID)) table.find(guid);
        table.sections();
        table.legacyResetAddress();
      }),
    );
  });

  test("whose table is altered anywhere is read without a fault", () => {
    const good = ovmfImage({ reset: 1, secret: 2, sections: [{ base: 3, length: 4, type: 1 }] });
    fc.assert(
      fc.property(fc.integer({ min: good.length - 300, max: good.length - 1 }), fc.nat(255), (at, value) => {
        const image = Buffer.from(good);
        image[at] = value;
        const table = new OvmfTable(image);
        table.number(OVMF_GUID.secret);
        table.number(OVMF_GUID.sevInfo);
        table.sections();
      }),
    );
  });

  test("gives what was put in", () => {
    const sections = [{ base: 0x800000, length: 0x1000, type: 1 }];
    const table = new OvmfTable(ovmfImage({ reset: 0x80b004, secret: 0x80f000, sections }));
    expect(table.number(OVMF_GUID.sevInfo)).toBe(0x80b004);
    expect(table.number(OVMF_GUID.secret)).toBe(0x80f000);
    expect(table.sections()).toEqual(sections);
    expect(table.find(OVMF_GUID.hashTable)).toBeUndefined();
  });

  test("that is shorter than a page has no table", () => {
    expect(new OvmfTable(Buffer.alloc(100)).find(OVMF_GUID.secret)).toBeUndefined();
  });
});

describe("base64", () => {
  test("that is written properly is read", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeLenient(Buffer.from(bytes).toString("base64"))).toEqual(bytes);
      }),
    );
  });

  // As the peer's decoder was seen to do.
  test.each([
    ["xx", 0],
    ["xxxx=", 3],
    ["xx==", 1],
    ["ab=c", 2],
    ["AAAA====", 4],
    ["=AAAA", 3],
    ["AA=A", 2],
    ["", 0],
  ])("%s: %i bytes", (text, length) => {
    expect(decodeLenient(text)).toHaveLength(length);
  });
});
