import { describe, expect, test } from "vitest";
import { DEFAULT_OEM_IDS, licensedOemIds, oemIds } from "../../../plugins/acpi/oem-ids.ts";
import { acpiTable } from "../../../plugins/acpi/table.ts";

function table(signature: string, id: string): Uint8Array {
  return acpiTable({ signature, revision: 1, oem: { id, tableId: `${id}T` } }, new Uint8Array());
}

describe("OEM ids", () => {
  test("too long", () => {
    const id = "User specified x-oem-id value is bigger than 6 bytes in size";
    expect(() => oemIds({ "x-oem-id": "1234567" })).toThrow(id);
    const tableId = "User specified x-oem-table-id value is bigger than 8 bytes in size";
    expect(() => oemIds({ "x-oem-table-id": "123456789" })).toThrow(tableId);
  });

  test("the first SLIC lends its ids to FADT and RSDT", () => {
    const user = [table("ABCD", "NO"), table("SLIC", "YES"), table("SLIC", "LATE")];
    expect(licensedOemIds(DEFAULT_OEM_IDS, user)).toEqual({ id: "YES", tableId: "YEST" });
    expect(licensedOemIds(DEFAULT_OEM_IDS, user.slice(0, 1))).toBe(DEFAULT_OEM_IDS);
  });
});
