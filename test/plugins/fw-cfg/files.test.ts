import { fc, test as property } from "@fast-check/vitest";
import { withMachine } from "backplane/kit";
import { describe, expect, test } from "vitest";
import { FW_CFG, type FwCfg } from "../../../plugins/fw-cfg/contract.ts";
import fwCfgPlugin from "../../../plugins/fw-cfg/index.ts";

const withFwCfg = (test: (fwCfg: FwCfg) => void, options: unknown = {}): Promise<void> =>
  withMachine({ with: [fwCfgPlugin], options: { "fw-cfg": { value: options } } }, (machine) =>
    test(machine.service(FW_CFG)),
  );

describe("files", () => {
  property.prop([fc.uniqueArray(fc.stringMatching(/^[a-z/.-]{1,20}$/), { maxLength: 20 })], { numRuns: 20 })(
    "are sorted by name with keys in a row, however they are added",
    (names) =>
      withFwCfg((fwCfg) => {
        for (const name of names) if (fwCfg.file(name) === undefined) fwCfg.addFile(name, Buffer.from(name));
        const entries = fwCfg.directory();
        expect(entries.map(({ key }) => key)).toEqual(entries.map((_, index) => 0x20 + index));
        const sorted = entries
          .map(({ name }) => name)
          .toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
        expect(entries.map(({ name }) => name)).toEqual(sorted);
        for (const { name, key, size } of entries) {
          if (!names.includes(name)) continue;
          fwCfg.select(key);
          expect(Buffer.from(fwCfg.read(size)).toString()).toBe(name);
        }
      }),
  );

  test("a hook may replace the contents inside the select", () =>
    withFwCfg((fwCfg) => {
      const seen: string[] = [];
      fwCfg.onSelect((_key, name) => void seen.push(name ?? "-"));
      const file = fwCfg.addFile("etc/late", new Uint8Array(2), { onSelect: () => file.update(Buffer.from("later")) });
      fwCfg.select(file.key);
      expect(Buffer.from(fwCfg.read(6)).toString()).toBe("later\0");
      expect(fwCfg.directory().find(({ name }) => name === "etc/late")?.size).toBe(5);
      expect(seen).toEqual(["etc/late"]);
    }));

  test("a handle follows its file when others come before it", () =>
    withFwCfg((fwCfg) => {
      const file = fwCfg.addFile("zzz", new Uint8Array(1));
      const { key } = file;
      fwCfg.addFile("aaa", new Uint8Array(1));
      expect(file.key).toBe(key + 1);
    }));

  test("are at most 32, each with a name of its own that fits", () =>
    withFwCfg((fwCfg) => {
      expect(() => fwCfg.addFile("bootorder", new Uint8Array())).toThrow("duplicate fw_cfg file name: bootorder");
      expect(() => fwCfg.addFile("x".repeat(56), new Uint8Array())).toThrow("name too long (max. 55 char)");
      while (fwCfg.directory().length < 32) fwCfg.addFile(`opt/${fwCfg.directory().length}`, new Uint8Array());
      expect(() => fwCfg.addFile("opt/more", new Uint8Array())).toThrow(/has 32 slots/);
    }));

  test("a boot order is written at the reset, and ends with HALT where it is strict", () =>
    withMachine({ with: [fwCfgPlugin], options: { "fw-cfg": { value: { boot: { strict: true } } } } }, (machine) => {
      const fwCfg = machine.service(FW_CFG);
      expect(fwCfg.file("bootorder")?.size).toBe(0);
      fwCfg.addBootDevice({ index: 2, path: "/second" });
      fwCfg.addBootDevice({ index: 1, path: "/first" });
      machine.reset("host-qmp-system-reset");
      fwCfg.select(fwCfg.file("bootorder")?.key ?? 0);
      expect(Buffer.from(fwCfg.read(20)).toString()).toBe("/first\n/second\nHALT\0");
    }));

  test("an item under a fixed key is added once", () =>
    withFwCfg((fwCfg) => {
      fwCfg.addNumber(0x05, 3, 2);
      fwCfg.modifyNumber(0x05, 260);
      fwCfg.select(0x05);
      expect([...fwCfg.read(3)]).toEqual([4, 1, 0]);
      expect(() => fwCfg.addNumber(0x05, 1, 2)).toThrow("the fw_cfg item 0x5 is added twice");
      expect(() => fwCfg.modifyNumber(0x06, 1)).toThrow("there is no fw_cfg item 0x6");
      expect(() => fwCfg.addNumber(0x40, 1, 2)).toThrow("there is no fw_cfg item 0x40");
    }));
});
