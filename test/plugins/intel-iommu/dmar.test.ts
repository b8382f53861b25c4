import { describe, expect, test } from "vitest";
import { DEFAULT_OEM_IDS } from "../../../plugins/acpi/oem-ids.ts";
import { buildDmar } from "../../../plugins/intel-iommu/dmar.ts";

const facts = { addressWidth: 48, interruptRemapping: true, deviceIotlb: false };

describe("DMAR", () => {
  // The peer's table on -device pxb-pcie,bus_nr=128 -device pcie-root-port behind it -device intel-iommu.
  test("an expander's root port is a bridge on the expander's bus", () => {
    const { bytes } = buildDmar(DEFAULT_OEM_IDS, {
      ...facts,
      functions: [
        { bus: 0, device: 0, function: 0, isBridge: false },
        { bus: 0, device: 1, function: 0, isBridge: false },
        { bus: 0, device: 31, function: 2, isBridge: false },
        { bus: 128, device: 0, function: 0, isBridge: true },
      ],
    });
    expect(Buffer.from(bytes.subarray(48)).toString("hex")).toBe(
      [
        "00003800000000000000d9fe00000000",
        "0308000000ff0000",
        "0108000000000000",
        "0108000000000100",
        "0108000000001f02",
        "0208000000800000",
      ].join(""),
    );
  });

  test("a machine whose buses all bypass the unit still has the interrupt controller in it", () => {
    expect(buildDmar(DEFAULT_OEM_IDS, { ...facts, functions: [] }).bytes.length).toBe(72);
  });
});
