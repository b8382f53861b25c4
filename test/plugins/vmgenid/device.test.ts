// Texts are the peer's.
import { COMMANDS, guestAddress, SYSTEM_IO, SYSTEM_MEMORY, type DeviceDefinition, type Machine } from "backplane";
import { describe, expect, test } from "vitest";
import { FW_CFG } from "../../../plugins/fw-cfg/contract.ts";
import { VMGENID } from "../../../plugins/vmgenid/contract.ts";
import { device, withPlatform } from "../pc-memory/platform.ts";

const GUID = "324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87";
const vmgenid = (guid?: string): DeviceDefinition => device("vmgenid", guid === undefined ? {} : { guid });
const ask = (machine: Machine): unknown =>
  machine
    .service(COMMANDS)
    .find("query-vm-generation-id")
    ?.run({}, { id: "test", onClose: () => ({ dispose: () => undefined }) });

async function refusal(...devices: DeviceDefinition[]): Promise<string> {
  try {
    await withPlatform({ devices }, () => undefined);
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
}

describe("vmgenid", () => {
  test("puts its GUID at 40 in a page, in the byte order of memory", () =>
    withPlatform({ devices: [vmgenid(GUID)] }, (machine) => {
      const fwCfg = machine.service(FW_CFG);
      const file = fwCfg.file("etc/vmgenid_guid");
      fwCfg.select(file?.key ?? 0);
      const bytes = Buffer.from(fwCfg.read(4096));
      expect([file?.size, bytes.subarray(40, 56).toString("hex")]).toEqual([4096, "af6e4e32d1d1f64bbf41b9bb6c91fb87"]);
      expect(bytes.filter((byte) => byte !== 0)).toHaveLength(16);
      expect(ask(machine)).toEqual({ guid: GUID });
    }));

  test("learns its address by DMA, and forgets it at a reset", () =>
    withPlatform({ devices: [vmgenid(GUID)] }, (machine) => {
      const memory = machine.service(SYSTEM_MEMORY);
      const key = machine.service(FW_CFG).file("etc/vmgenid_addr")?.key ?? 0;
      const request = Buffer.alloc(24);
      request.writeUInt32BE(((key << 16) | 0b11000) >>> 0, 0);
      request.writeUInt32BE(8, 4);
      request.writeBigUInt64BE(0x1010n, 8);
      request.writeBigUInt64LE(0xfff_f028n, 16);
      memory.write(guestAddress(0x1000), request);
      machine.service(SYSTEM_IO).store(guestAddress(0x518), 0x0010_0000, 4);
      expect(machine.service(VMGENID).guestAddress).toBe(0xfff_f028);
      machine.reset("host-qmp-system-reset");
      expect(machine.service(VMGENID).guestAddress).toBe(0);
    }));

  test("makes a GUID up, or takes the definition's, which makes runs repeatable", async () => {
    await withPlatform({ devices: [vmgenid()] }, (machine) => {
      expect(machine.service(VMGENID).guid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    });
    await withPlatform(
      { devices: [vmgenid("auto")], options: { vmgenid: { value: { auto: GUID.toUpperCase() } } } },
      (machine) => {
        expect(machine.service(VMGENID).guid).toBe(GUID);
      },
    );
  });

  test("refuses a second one, and what is no GUID", async () => {
    expect(await refusal(vmgenid(), vmgenid())).toBe("at most one vmgenid device is permitted");
    expect(await refusal(vmgenid("abc"))).toBe("Property 'vmgenid.guid' doesn't take value 'abc'");
    expect(await refusal(vmgenid(""))).toBe("Property 'vmgenid.guid' doesn't take value ''");
  });

  test("is not there unless it is asked for", () =>
    withPlatform({}, (machine) => {
      expect(machine.service(FW_CFG).file("etc/vmgenid_guid")).toBeUndefined();
      expect(() => ask(machine)).toThrow("VM Generation ID device not found");
    }));
});
