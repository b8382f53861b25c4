import { describe, expect, test } from "vitest";
import { VMGENID_GUID_OFFSET, VMGENID_PAGE_LENGTH, vmgenidPage } from "../../../plugins/vmgenid/vmgenid-table.ts";

describe("the VM generation id's page", () => {
  test("holds the GUID as it lies in memory, behind 40 bytes of nothing", () => {
    const page = Buffer.from(vmgenidPage("324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87"));
    expect(page.length).toBe(VMGENID_PAGE_LENGTH);
    expect(page.toString("hex", VMGENID_GUID_OFFSET, VMGENID_GUID_OFFSET + 16)).toBe(
      "af6e4e32d1d1f64bbf41b9bb6c91fb87",
    );
    page.fill(0, VMGENID_GUID_OFFSET, VMGENID_GUID_OFFSET + 16);
    expect(page.every((byte) => byte === 0)).toBe(true);
  });

  test("takes nothing for a GUID that is none", () => {
    expect(() => vmgenidPage("auto")).toThrow(RangeError);
  });
});
