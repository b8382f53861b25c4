// Texts and addresses are the peer's.
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { DEVICES, GiB, KiB, MiB, QOM, type DeviceDefinition, type ObjectDefinition } from "backplane";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FW_CFG } from "../../../plugins/fw-cfg/contract.ts";
import { NVDIMMS } from "../../../plugins/nvdimm/contract.ts";
import { device, ram, withPlatform, type PlatformOptions } from "../pc-memory/platform.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "backplane-nvdimm-"));
  writeFileSync(path.join(folder, "f16"), "");
  truncateSync(path.join(folder, "f16"), 16 * MiB);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const memory = { size: 256 * MiB, slots: 2, maxSize: 1 * GiB };
const properties = { nvdimm: "on" };
const r0 = ram("r0", "128M");
const nvdimm = (more: DeviceDefinition["properties"] = {}, id?: string): DeviceDefinition =>
  device("nvdimm", { memdev: "r0", ...more }, id);
const file = (more: ObjectDefinition["properties"] = {}): ObjectDefinition => ({
  type: "memory-backend-file",
  id: "r0",
  form: "opts",
  properties: { size: "16M", "mem-path": path.join(folder, "f16"), ...more },
});

async function refusal(options: PlatformOptions): Promise<string> {
  try {
    await withPlatform({ memory, properties, ...options }, () => undefined);
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
}

describe("refusals", () => {
  test.each<[string, readonly DeviceDefinition[], string]>([
    ["no memdev", [device("nvdimm")], "'memdev' property must be set"],
    [
      "a small label area",
      [nvdimm({ "label-size": "4K" })],
      "Property 'nvdimm.label-size' (0x1000) is required at least 0x20000",
    ],
    [
      "a label area that takes all",
      [nvdimm({ "label-size": "128M" })],
      "the size of memdev r0 (0x8000000) is too small to contain nvdimm label (0x8000000) and aligned PMEM (0x200000)",
    ],
    ["a label size that is none", [nvdimm({ "label-size": "abc" })], "Parameter 'label-size' expects size"],
    ["a uuid that is none", [nvdimm({ uuid: "abc" })], "Property 'nvdimm.uuid' has invalid value"],
    ["unarmed=maybe", [nvdimm({ unarmed: "maybe" })], "Parameter 'unarmed' expects 'on' or 'off'"],
    ["an unknown property", [nvdimm({ foo: "on" })], "Property 'nvdimm.foo' not found"],
  ])("%s", async (_name, devices, expected) => {
    expect(await refusal({ objects: [r0], devices })).toBe(expected);
  });

  test("without nvdimm=on", async () => {
    expect(await refusal({ properties: {}, objects: [r0], devices: [nvdimm()] })).toBe(
      "nvdimm is not enabled: missing 'nvdimm' in '-M'",
    );
  });

  test("armed on a read-only backend", async () => {
    expect(await refusal({ objects: [file({ readonly: "on" })], devices: [nvdimm()] })).toBe(
      "'unarmed' property must be 'on' since memdev r0 is read-only",
    );
  });

  test("a persistence that is none", async () => {
    expect(await refusal({ properties: { ...properties, "nvdimm-persistence": "foo" } })).toBe(
      "-machine nvdimm-persistence=foo: unsupported option",
    );
  });
});

describe("an NVDIMM", () => {
  test("is mapped without its label area, rounded down to its alignment", () =>
    withPlatform(
      { memory, properties, objects: [r0], devices: [nvdimm({ "label-size": "130K", slot: "1" })] },
      (machine) => {
        const [only] = machine.service(NVDIMMS).plugged;
        expect(only).toMatchObject({
          slot: 1,
          node: 0,
          base: 4 * GiB,
          size: 126 * MiB,
          labelSize: 130 * KiB,
          unarmed: false,
        });
      },
    ));

  test("keeps labels at the backend's end", () =>
    withPlatform({ memory, properties, objects: [file()], devices: [nvdimm({ "label-size": "128K" })] }, (machine) => {
      const [only] = machine.service(NVDIMMS).plugged;
      only?.writeLabel(128 * KiB - 4, Buffer.from("last"));
      const bytes = Buffer.alloc(4);
      only?.readLabel(128 * KiB - 4, bytes);
      expect([bytes.toString(), only?.size]).toEqual(["last", 16 * MiB - 128 * KiB]);
      expect(() => only?.readLabel(128 * KiB - 3, bytes)).toThrow(/leave the 0x20000 bytes of the label area/);
    }));

  test("is listed in the order of the object tree, not of the slots", () =>
    withPlatform(
      {
        memory,
        properties,
        objects: [r0, ram("r1", "128M")],
        devices: [nvdimm({ slot: "1" }), nvdimm({ memdev: "r1" }, "named")],
      },
      (machine) => {
        expect(machine.service(NVDIMMS).plugged.map(({ id }) => id)).toEqual(["named", undefined]);
      },
    ));

  test("has an identity that monitors may change, and a label area that they may not", () =>
    withPlatform(
      { memory, properties, objects: [r0], devices: [nvdimm({ "label-size": "128K" }, "n0")] },
      (machine) => {
        const object = machine.service(QOM).resolve("/machine/peripheral/n0");
        const uuid = object.property("uuid");
        expect(uuid?.get?.()).toBe("00000000-0000-0000-0000-000000000000");
        uuid?.set?.("324E6EAF-d1d1-4bf6-bf41-b9bb6c91fb87");
        expect(uuid?.get?.()).toBe("324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87");
        expect(machine.service(NVDIMMS).plugged[0]?.uuid).toBe("324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87");
        expect(() => object.property("label-size")?.set?.(1)).toThrow("cannot change property value");
      },
    ));

  test("is not unplugged", () =>
    withPlatform({ memory, properties, objects: [r0], devices: [nvdimm({}, "n0")] }, (machine) => {
      expect(() => machine.service(DEVICES).byId("n0")?.device.unplug?.()).toThrow(
        "nvdimm device hot unplug is not supported yet.",
      );
    }));

  test("brings the mailbox's page, which a machine with NVDIMM support has anyway", () =>
    withPlatform({ properties }, (machine) => {
      expect(machine.service(FW_CFG).file("etc/acpi/nvdimm-mem")?.size).toBe(4096);
    }));
});
