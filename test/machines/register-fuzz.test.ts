// Whatever a guest does with the registers of a machine, no device throws, and what is read is a number of the width.
import { fc, test as property } from "@fast-check/vitest";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect } from "vitest";
import {
  CLOCK,
  definePlugin,
  guestAddress,
  MEMORY_REGIONS,
  type AnyPlugin,
  type MemoryRegion,
  type MemoryRegionOps,
  type MemoryRegions,
} from "backplane";
import { q35, withBoard } from "../plugins/pci/board.ts";

const folder = mkdtempSync(path.join(tmpdir(), "registers-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Every device that has registers. */
const EVERYTHING = (
  "-smp 2 -device intel-iommu -device vmcoreinfo -device vmgenid -device pvpanic -device pvpanic-pci " +
  "-device pcie-root-port,id=rp,chassis=1 -device pcie-pci-bridge,bus=rp,id=pb -device pci-bridge,chassis_nr=2 " +
  "-device ich9-ahci -device VGA -device virtio-mouse-pci -device virtio-keyboard-pci -device virtio-tablet-pci " +
  `-object memory-backend-file,id=erst,size=64K,share=on,mem-path=${folder}/erst -device acpi-erst,memdev=erst ` +
  "-chardev null,id=c0 -chardev null,id=c1 -chardev null,id=c2 -device isa-serial,chardev=c0 " +
  "-device isa-parallel,chardev=c1 -device isa-debugcon,chardev=c2"
).split(" ");

interface Made {
  readonly region: MemoryRegion;
  /** What a device did wrong. */
  readonly faults: string[];
}

/** Sees every I/O region that is made, mapped or not, and what its device answers. */
function watch(made: Made[]): AnyPlugin {
  return definePlugin({
    id: "test-watch",
    apiVersion: 1,
    summary: "keeps the I/O regions that are made",
    attach(machine) {
      const regions: MemoryRegions = machine.use(MEMORY_REGIONS);
      const make = regions.io.bind(regions);
      regions.io = (name, size, ops) => {
        const faults: string[] = [];
        const region = make(name, size, checked(ops, faults));
        made.push({ region, faults });
        return region;
      };
    },
  });
}

function checked(ops: MemoryRegionOps, faults: string[]): MemoryRegionOps {
  const read: MemoryRegionOps["read"] = (offset, size, attributes) => {
    const value = ops.read(offset, size, attributes);
    const isRegister = Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff;
    // A device may refuse: `READ_FAILED`.
    if (!isRegister && !Number.isNaN(value)) faults.push(`read of ${size} at ${offset} gave ${value}`);
    return value;
  };
  const { valid, impl, endianness } = ops;
  return {
    read,
    write: (offset, value, size, attributes) => ops.write(offset, value, size, attributes),
    ...(ops.accepts && { accepts: (...access) => ops.accepts?.(...access) ?? true }),
    ...(valid && { valid }),
    ...(impl && { impl }),
    ...(endianness && { endianness }),
  };
}

const access = fc.record({
  region: fc.nat(),
  // The first registers of a region are where most happens.
  offset: fc.oneof(fc.nat(0x40), fc.nat()),
  width: fc.constantFrom(1, 2, 4, 8, 3, 16),
  value: fc.oneof(fc.nat(0xff), fc.nat(0xffff_ffff), fc.constantFrom(0xffff_ffff, 0x8000_0000)),
  isWrite: fc.boolean(),
  wait: fc.oneof({ weight: 20, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(2e9) }),
});

property.prop([fc.array(access, { minLength: 300, maxLength: 600 }), fc.boolean()], {
  numRuns: 12,
  seed: 3,
  endOnFailure: true,
})("registers take everything", (accesses, resets) => {
  const made: Made[] = [];
  return withBoard(
    q35(...EVERYTHING),
    (board) => {
      const clock = board.machine.service(CLOCK);
      const spaces = made.map(({ region }) => board.regions.addressSpace(`fuzz ${region.name}`, region));
      for (const { region: number, offset, width, value, isWrite, wait } of accesses) {
        const space = spaces[number % spaces.length];
        if (space === undefined || space.root.size === 0) continue;
        const at = guestAddress(offset % space.root.size);
        const where = `${isWrite ? `write of ${value}` : "read"} of ${width} at ${at} of ${space.root.name}`;
        try {
          if (width === 1 || width === 2 || width === 4) {
            if (isWrite) space.store(at, value, width);
            else expect(space.load(at, width), where).toBeLessThan(2 ** (8 * width));
          } else if (isWrite) space.write(at, Buffer.alloc(width, value & 0xff));
          else space.read(at, Buffer.alloc(width));
          if (wait > 0) clock.advance(wait);
        } catch (failure) {
          throw new Error(`${where} threw`, { cause: failure });
        }
      }
      if (resets) board.machine.reset("guest-reset");
      for (const space of spaces) void space.dispose();
      for (const { region, faults } of made) expect(faults, region.name).toEqual([]);
    },
    [watch(made)],
  );
});
