// What becomes of the address that the firmware wrote when the memory there goes.
import {
  byteLength,
  GiB,
  guestAddress,
  KiB,
  MEMORY_REGIONS,
  RAM_LIST,
  SYSTEM_IO,
  SYSTEM_MEMORY,
  type Machine,
  type MemoryRegion,
} from "backplane";
import { describeRAMBlockNotifier, describeUntold } from "backplane/kit/conformance";
import { describe, expect, test } from "vitest";
import { FW_CFG } from "../../../plugins/fw-cfg/contract.ts";
import { VMGENID } from "../../../plugins/vmgenid/contract.ts";
import { guardAddress } from "../../../plugins/vmgenid/device.ts";
import { VMGENID_HEARS } from "../../../plugins/vmgenid/hears.ts";
import { VmgenidState } from "../../../plugins/vmgenid/state.ts";
import { device, platformDefinition, platformType, withPlatform } from "../pc-memory/platform.ts";

const PLACE = GiB;
const GUID_AT = PLACE + 0x28;

/** Memory that can go, with the GUID in it: the firmware said so through fw_cfg's DMA. */
function putGuid(machine: Machine): MemoryRegion {
  const region = machine.service(MEMORY_REGIONS).ram("extra", byteLength(64 * KiB));
  const memory = machine.service(SYSTEM_MEMORY);
  memory.root.addSubregion(guestAddress(PLACE), region);
  const key = machine.service(FW_CFG).file("etc/vmgenid_addr")?.key ?? 0;
  const request = Buffer.alloc(24);
  request.writeUInt32BE(((key << 16) | 0b11000) >>> 0, 0);
  request.writeUInt32BE(8, 4);
  request.writeBigUInt64BE(0x1010n, 8);
  request.writeBigUInt64LE(BigInt(GUID_AT), 16);
  memory.write(guestAddress(0x1000), request);
  machine.service(SYSTEM_IO).store(guestAddress(0x518), 0x0010_0000, 4);
  expect(machine.service(VMGENID).guestAddress).toBe(GUID_AT);
  return region;
}

const withGuid = { devices: [device("vmgenid")] };

const GOING: { readonly [Kind in "migratable" | "removed"]: (machine: Machine, region: MemoryRegion) => void } = {
  migratable(machine, region) {
    if (region.ramBlock !== undefined) machine.service(RAM_LIST).setMigratable(region.ramBlock, false);
  },
  removed(machine, region) {
    machine.service(SYSTEM_MEMORY).root.removeSubregion(region);
    machine.service(MEMORY_REGIONS).destroy(region);
  },
};

for (const kind of ["migratable", "removed"] as const) {
  const position = VMGENID_HEARS.blocks[kind];
  describeUntold({
    subscriber: VMGENID_HEARS.name,
    kind,
    breaks: "untold" in position ? position.untold : "",
    machine: () => ({ ...platformDefinition(withGuid), type: platformType }),
    story(machine) {
      GOING[kind](machine, putGuid(machine));
      expect(machine.service(VMGENID).guestAddress, "the address outlived the memory").toBe(0);
    },
  });
}

describe("the address of the GUID", () => {
  test("stays when other memory goes", () =>
    withPlatform(withGuid, (machine) => {
      const other = machine.service(MEMORY_REGIONS).ram("other", byteLength(64 * KiB));
      const region = putGuid(machine);
      machine.service(MEMORY_REGIONS).destroy(other);
      expect(machine.service(VMGENID).guestAddress).toBe(GUID_AT);
      GOING.removed(machine, region);
    }));
});

describeRAMBlockNotifier("vmgenid", () => guardAddress(new VmgenidState(() => "")));
