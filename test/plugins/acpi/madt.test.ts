import { describe, expect, test } from "vitest";
import { PC_PCI_INTERRUPTS, buildMadt } from "../../../plugins/acpi/madt.ts";
import { DEFAULT_OEM_IDS } from "../../../plugins/acpi/oem-ids.ts";

describe("MADT", () => {
  // The end of the peer's table on -smp 1,maxcpus=300 with an x2APIC, from processor 299 on.
  test("an APIC id of 255 brings the wide structures", () => {
    const cpus = Array.from({ length: 300 }, (_, apicId) => ({ apicId, present: apicId === 0 }));
    const { bytes } = buildMadt(DEFAULT_OEM_IDS, { cpus, pic: true, pciInterrupts: PC_PCI_INTERRUPTS });
    expect(bytes.length).toBe(2878);
    const structures = [
      "091000002b010000000000002b010000",
      "010c00000000c0fe00000000",
      "020a0000020000000000",
      "020a0005050000000d00",
      "020a0009090000000d00",
      "020a000a0a0000000d00",
      "020a000b0b0000000d00",
      "0a0c0000ffffffff01000000",
    ];
    expect(Buffer.from(bytes).toString("hex")).toMatch(new RegExp(`${structures.join("")}$`));
  });
});
