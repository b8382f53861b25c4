import { describe, expect, test } from "vitest";
import { loadAcpiGolden } from "../../peer/golden.ts";
import { bootGolden } from "./run.ts";

const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => (total + byte) & 0xff, 0);

/** Read from the peer's memory, `-machine q35 -m 256M -nodefaults`. */
const PEER_MP =
  "50434d50c80004ed424f434853435055302e3120202020202020202000000000000012000000e0fe0000000000001403b10f0600fdfb8b07" +
  "000000000000000001005043492020200101495341202020020011010000c0fe03000100007c000a0300000001000002030000000101000103" +
  "00000001030003030000000104000403000000010600060300000001070007030000000108000803000000010c000c03000000010d000d0300" +
  "0000010e000e03000000010f000f0403000001000000040100000100ff01";
const PEER_SMBIOS_ANCHOR = "5f534d5f2d1f02084c000000000000005f444d495fc2830190520f00090028";

describe("the tables that are older than ACPI, where and as the peer has them", () => {
  test("one processor", async () => {
    await bootGolden(loadAcpiGolden("q35-256m"), ({ memory }) => {
      expect(memory(0xf_5430, PEER_MP.length / 2).toString("hex")).toBe(PEER_MP);
      expect(memory(0xf_5420, 16).toString("hex")).toBe("5f4d505f30540f0001040d0000000000");
      expect(memory(0xf_5270, 31).toString("hex")).toBe(PEER_SMBIOS_ANCHOR);
      expect(memory(0xf_5500, 4).toString("latin1")).toBe("$PIR");
      expect(sum(memory(0xf_5500, 128))).toBe(0);
    });
  });

  test("four sockets: an entry each, as in the peer's table of 260 bytes", async () => {
    await bootGolden(loadAcpiGolden("smp-4-sockets"), ({ memory }) => {
      const table = memory(0xf_53f0, 260);
      expect(table.subarray(0, 8).toString("hex")).toBe("50434d5004010478");
      expect(sum(table)).toBe(0);
      expect([0, 1, 2, 3].map((socket) => table[44 + socket * 20 + 1])).toEqual([0, 1, 2, 3]);
    });
  });
});
