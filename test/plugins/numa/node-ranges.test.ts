import { describe, expect, test } from "vitest";
import { nodeRanges } from "../../../plugins/numa/node-ranges.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const FOUR_GIB = 4 * GIB;
const flat = { belowFourGiB: 256 * MIB, aboveFourGiBStart: FOUR_GIB };

describe("nodeRanges", () => {
  // As the peer's SRAT has it for -m 256M with these nodes.
  test("RAM below 1 MiB: the node under the hole loses what the hole covers", () => {
    expect(nodeRanges([512 * KIB, 256 * KIB, 256 * MIB - 768 * KIB], flat)).toEqual([
      { node: 0, base: 0, length: 512 * KIB },
      { node: 1, base: 512 * KIB, length: 128 * KIB },
      { node: 2, base: MIB, length: 255 * MIB },
      { node: 2, base: FOUR_GIB, length: 256 * KIB },
    ]);
  });

  test("a node across the PCI hole goes on above 4 GiB", () => {
    expect(nodeRanges([1 * GIB, 5 * GIB], { belowFourGiB: 2 * GIB, aboveFourGiBStart: FOUR_GIB })).toEqual([
      { node: 0, base: 0, length: 640 * KIB },
      { node: 0, base: MIB, length: GIB - MIB },
      { node: 1, base: GIB, length: GIB },
      { node: 1, base: FOUR_GIB, length: 4 * GIB },
    ]);
  });

  test("a node without memory has no range", () => {
    expect(nodeRanges([0, 256 * MIB, 0], flat).map(({ node }) => node)).toEqual([1, 1]);
  });
});
