import { describe, expect, test } from "vitest";
import { DEFAULT_OEM_IDS } from "../../../plugins/acpi/oem-ids.ts";
import { buildHmat } from "../../../plugins/numa/hmat.ts";

const MIB = 1024 * 1024;

// The peer's table for two nodes, processors in node 0, and these options of -numa hmat-lb and hmat-cache.
const structures = [
  "00000000280000000100000000000000000000000000000000000000000000000000000000000000",
  "00000000280000000100000000000000010000000000000000000000000000000000000000000000",
  "010000003000000000000000010000000200000000000000102700000000000000000000000000000100000005007800",
  "010000003000000000010000010000000200000000000000e80300000000000000000000000000000100000007001400",
  "010000003000000000030000010000000200000000000000080000000000000000000000000000000100000019008001",
  "01000000300000000102000001000000020000000000000018fcffff0000000000000000000000000100000000000000",
  "0200000020000000000000000000000000280000000000001211080000000000",
  "0200000020000000000000000000000000500000000000002222400000000000",
  "0200000020000000010000000000000000a00000000000001100100000000000",
];

describe("HMAT", () => {
  test("localities in order, each in its own unit; caches by node and level", () => {
    const { bytes } = buildHmat(DEFAULT_OEM_IDS, {
      nodes: [
        { hasMemory: true, isInitiator: true, nearestInitiator: 0 },
        { hasMemory: true, isInitiator: false, nearestInitiator: 0 },
      ],
      localities: [
        { hierarchy: "first-level", dataType: "write-latency", values: [{ initiator: 0, target: 0, value: 0 }] },
        {
          hierarchy: "memory",
          dataType: "access-bandwidth",
          values: [
            { initiator: 0, target: 1, value: 3072 * MIB },
            { initiator: 0, target: 0, value: 200 * MIB },
          ],
        },
        {
          hierarchy: "memory",
          dataType: "read-latency",
          values: [
            { initiator: 0, target: 0, value: 7 },
            { initiator: 0, target: 1, value: 20 },
          ],
        },
        {
          hierarchy: "memory",
          dataType: "access-latency",
          values: [
            { initiator: 0, target: 0, value: 50 },
            { initiator: 0, target: 1, value: 1200 },
          ],
        },
      ],
      caches: [
        { node: 1, size: 0xa000, level: 1, associativity: "none", policy: "none", lineSize: 16 },
        { node: 0, size: 0x5000, level: 2, associativity: "complex", policy: "write-through", lineSize: 64 },
        { node: 0, size: 0x2800, level: 1, associativity: "direct", policy: "write-back", lineSize: 8 },
      ],
    });
    expect(Buffer.from(bytes.subarray(40)).toString("hex")).toBe(structures.join(""));
  });
});
