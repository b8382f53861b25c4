import { describe, expect, test } from "vitest";
import {
  ACCESS_DEBUG,
  ACCESS_DECODE_ERROR,
  ACCESS_ERROR,
  ACCESS_MEMORY_ONLY,
  ACCESS_OK,
  ACCESS_REFUSED,
  byteLength,
  guestAddress,
  READ_FAILED,
  type MemoryRegionOps,
} from "backplane";
import { makeMemory } from "./machine-memory.ts";

const at = guestAddress;
const size = byteLength;
const DEVICE = 0x8000;

function withDevice(ops: Partial<MemoryRegionOps>) {
  const memory = makeMemory();
  const { regions, memory: space } = memory;
  const ram = regions.ram("ram", size(0x1000));
  const device = regions.io("device", size(0x100), { read: () => 0x55, write: () => undefined, ...ops });
  space.root.addSubregion(at(0), ram);
  space.root.addSubregion(at(DEVICE), device);
  return { ...memory, space };
}

describe("the result of an access", () => {
  test("tells where nothing stands, wholly or in part", () => {
    const { space } = withDevice({});
    expect([space.load(at(0x4000), 4), space.lastResult]).toEqual([0, ACCESS_DECODE_ERROR]);
    expect([space.load(at(0), 4), space.lastResult]).toEqual([0, ACCESS_OK]);
    expect(space.store(at(0xffe), 1, 4)).toBe(ACCESS_DECODE_ERROR);
    expect([space.load64(at(0xffc)), space.lastResult]).toEqual([0x10000n, ACCESS_DECODE_ERROR]);
    expect(space.store64(at(0xffc), 0n)).toBe(ACCESS_DECODE_ERROR);
    expect(space.read(at(0xff0), new Uint8Array(32))).toBe(ACCESS_DECODE_ERROR);
    expect(space.write(at(0xff0), new Uint8Array(16))).toBe(ACCESS_OK);
    expect(space.write(at(0x4000), new Uint8Array(1))).toBe(ACCESS_DECODE_ERROR);
  });

  test("is what the device says, in any width", () => {
    const { space } = withDevice({
      read: (offset) => (offset >= 0x80 ? READ_FAILED : 0x11),
      write: (offset) => (offset >= 0x80 ? ACCESS_ERROR : undefined),
      impl: { max: 1 },
    });
    expect([space.load(at(DEVICE), 4), space.lastResult]).toEqual([0x11111111, ACCESS_OK]);
    expect([space.load(at(DEVICE + 0x80), 1), space.lastResult]).toEqual([0, ACCESS_ERROR]);
    expect([space.load64(at(DEVICE + 0x78)), space.lastResult]).toEqual([0x1111111111111111n, ACCESS_OK]);
    expect([space.store(at(DEVICE), 0, 4), space.store(at(DEVICE + 0x80), 0, 4)]).toEqual([ACCESS_OK, ACCESS_ERROR]);
    expect(space.read(at(DEVICE + 0x7c), new Uint8Array(8))).toBe(ACCESS_ERROR);
    expect(space.write(at(DEVICE + 0x7c), new Uint8Array(4))).toBe(ACCESS_OK);
  });

  test("is that of the access, not of those that the device made to answer it", () => {
    const memory = withDevice({});
    const { space, regions } = memory;
    const proxy = regions.io("proxy", size(0x100), {
      read: () => space.load(at(0x4000), 4) + 1,
      write: () => void space.store(at(0x4000), 1, 4),
    });
    space.root.addSubregion(at(0x9000), proxy);
    expect([space.load(at(0x9000), 4), space.lastResult]).toEqual([1, ACCESS_OK]);
    expect(space.store(at(0x9000), 1, 4)).toBe(ACCESS_OK);
    expect(space.lastResult).toBe(ACCESS_OK);
  });

  test("tells of widths and places that the device does not take, or rejects by itself", () => {
    const seen: unknown[] = [];
    const { space } = withDevice({
      valid: { min: 4, max: 4 },
      accepts: (offset, width, isWrite) => {
        seen.push([offset, width, isWrite]);
        return offset !== 0x10;
      },
    });
    expect([space.load(at(DEVICE), 2), space.lastResult]).toEqual([0, ACCESS_DECODE_ERROR]);
    expect(space.store(at(DEVICE + 2), 0, 4)).toBe(ACCESS_DECODE_ERROR);
    expect(space.store(at(DEVICE + 0x10), 0, 4)).toBe(ACCESS_DECODE_ERROR);
    expect([space.load(at(DEVICE + 0x14), 4), space.lastResult]).toEqual([0x55, ACCESS_OK]);
    expect(seen).toEqual([
      [0, 2, false],
      [2, 4, true],
      [0x10, 4, true],
      [0x14, 4, false],
    ]);
  });

  test("of an access to memory only: devices refuse", () => {
    const { space } = withDevice({});
    expect(space.store(at(0), 1, 4, ACCESS_MEMORY_ONLY)).toBe(ACCESS_OK);
    expect(space.store(at(DEVICE), 1, 4, ACCESS_MEMORY_ONLY)).toBe(ACCESS_REFUSED);
    expect([space.load(at(DEVICE), 4, ACCESS_MEMORY_ONLY), space.lastResult]).toEqual([0, ACCESS_REFUSED]);
    expect(space.read(at(DEVICE), new Uint8Array(4), ACCESS_MEMORY_ONLY)).toBe(ACCESS_REFUSED);
  });

  test("of a loader's write: devices do not hear of it", () => {
    const written: number[] = [];
    const { space } = withDevice({ write: (_offset, value) => void written.push(value) });
    expect(space.write(at(DEVICE), new Uint8Array(8), ACCESS_DEBUG)).toBe(ACCESS_OK);
    expect(space.store(at(DEVICE), 1, 4, ACCESS_DEBUG)).toBe(ACCESS_OK);
    expect(written).toEqual([]);
  });
});

describe("a region that is reserved", () => {
  test("hides what lies below, and answers as if nothing stood there", () => {
    const { space, regions } = withDevice({});
    space.store(at(0x100), 7, 1);
    const hole = regions.reserved("hole", size(0x100));
    space.root.addSubregion(at(0x100), hole, 1);
    expect([space.load(at(0x100), 1), space.lastResult]).toEqual([0, ACCESS_DECODE_ERROR]);
    expect(space.store(at(0x100), 9, 1)).toBe(ACCESS_DECODE_ERROR);
    expect(space.find(at(0x100))?.region).toBe(hole);
    hole.setEnabled(false);
    expect(space.load(at(0x100), 1)).toBe(7);
  });
});

describe("a ROM device", () => {
  test("is read from its memory and written as a device, until it leaves the mode", () => {
    const { space, regions, access, dirty } = withDevice({});
    const log: string[] = [];
    const flash = regions.romDevice("flash", size(0x1000), {
      read: (offset, width) => {
        log.push(`r${width}@${offset}`);
        return 0x80;
      },
      write: (offset, value, width) => void log.push(`w${width}@${offset}=${value}`),
    });
    const { ramBlock } = flash;
    if (ramBlock === undefined) throw new Error("no block");
    access.write(ramBlock, 0, Uint8Array.of(1, 2, 3, 4));
    space.root.addSubregion(at(0xa000), flash);
    expect([space.load(at(0xa000), 4), space.load64(at(0xa000)) & 0xffffn]).toEqual([0x04030201, 0x0201n]);
    space.store(at(0xa000), 0x40, 1);
    space.write(at(0xa004), Uint8Array.of(5, 6));
    expect(log.splice(0)).toEqual(["w1@0=64", "w2@4=1541"]);
    expect(space.load(at(0xa000), 1)).toBe(1);
    flash.setRomDeviceMode(false);
    expect([space.load(at(0xa001), 1), flash.kind, flash.isRomDeviceMode]).toEqual([0x80, "rom-device", false]);
    const bytes = new Uint8Array(2);
    space.read(at(0xa002), bytes);
    expect([...bytes]).toEqual([0x80, 0]);
    expect(log).toEqual(["r1@1", "r2@2"]);
    const logging = dirty.log("code");
    access.writeUint(ramBlock, 0, 1, 9);
    flash.setRomDeviceMode(true);
    expect(space.load(at(0xa000), 1)).toBe(9);
    void logging.dispose();
    regions.destroy(flash);
    expect(space.find(at(0xa000))).toBeUndefined();
  });
});
