import { describe, expect, test } from "vitest";
import { INTEL_IOMMU } from "backplane/plugins/intel-iommu/contract";
import { loadChipsetGolden } from "../../peer/chipset-golden.ts";
import { q35, withBoard } from "../pci/board.ts";

const BASE = 0xfed9_0000;
const AT = [0x00, 0x08, 0x0c, 0x10, 0x14, 0x18, 0x1c, 0x34, 0x38, 0xa0];
const STATUS = 0x1c;

describe("registers after reset", () => {
  test.each(loadChipsetGolden().iommu)("with '$options' are the peer's", ({ options, registers }) =>
    withBoard(q35("-device", options === "" ? "intel-iommu" : `intel-iommu,${options}`), (board) => {
      const ours = AT.map((at) =>
        board
          .load(BASE + at)
          .toString(16)
          .padStart(8, "0"),
      );
      expect(ours.join(" ")).toBe(registers);
    }),
  );
});

describe("commands", () => {
  test("what is turned on shows, what cannot be turned on does not", () =>
    withBoard(q35("-device", "intel-iommu,dma-translation=off,intremap=off"), (board) => {
      board.store(BASE + 0x20, 0x1234_5fff);
      expect(board.load(BASE + 0x20)).toBe(0x1234_5c00);
      board.store(BASE + 0x18, 0x4000_0000);
      expect([board.load(BASE + 0x18), board.load(BASE + STATUS)]).toEqual([0, 0x4000_0000]);
      board.store(BASE + 0x18, 0x8600_0000);
      expect(board.load(BASE + STATUS)).toBe(0x4400_0000);
    }));

  test("invalidations are done at once", () =>
    withBoard(q35("-device", "intel-iommu"), (board) => {
      board.store(BASE + 0x2c, 0xa000_0000);
      expect(board.load(BASE + 0x2c)).toBe(0x2800_0000);
      board.store(BASE + 0xfc, 0x9000_0000);
      expect(board.load(BASE + 0xfc)).toBe(0x1200_0000);
    }));
});

test("the unit is known to those who describe it", () =>
  withBoard(q35("-device", "intel-iommu,device-iotlb=on,aw-bits=39"), (board) => {
    expect(board.machine.service(INTEL_IOMMU).unit).toMatchObject({
      registers: BASE,
      addressWidth: 39,
      deviceIotlb: true,
      interruptRemapping: true,
    });
  }));
