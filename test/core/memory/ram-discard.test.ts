import { describe, expect, test } from "vitest";
import { KiB } from "backplane";
import { codeOf, makeMemory } from "./machine-memory.ts";

describe("giving memory back to the host", () => {
  test("is allowed until somebody forbids it, and again when the last of them has gone", () => {
    const { discard } = makeMemory();
    expect([discard.isDisabled, discard.isRequired]).toEqual([false, false]);
    const sev = discard.disable("sev");
    const vfio = discard.disable("vfio-helpers");
    void sev.dispose();
    void sev.dispose();
    expect(discard.isDisabled).toBe(true);
    void vfio.dispose();
    expect(discard.isDisabled).toBe(false);
  });

  test("cannot be forbidden while somebody lives from it, nor the other way round", () => {
    const { discard } = makeMemory();
    const pins = discard.disable("vfio-helpers");
    discard.disable("sev");
    expect(() => discard.require("virtio-mem")).toThrow(
      "virtio-mem and vfio-helpers, sev exclude each other: one needs memory to stay, the other to be given back",
    );
    expect(discard.isRequired).toBe(false);
    void pins.dispose();
    expect(codeOf(() => discard.require("virtio-mem"))).toBe("RAM_DISCARD_BUSY");
  });

  test("a user's two claims are two", () => {
    const { discard } = makeMemory();
    const first = discard.require("virtio-mem");
    discard.require("virtio-mem");
    void first.dispose();
    expect(codeOf(() => discard.disable("sev"))).toBe("RAM_DISCARD_BUSY");
  });

  test("while it is forbidden, what is discarded is zero and stays where it is", () => {
    const { access, block, discard } = makeMemory();
    const ram = block("ram", 256 * KiB);
    access.fill(ram, 0, 128 * KiB, 7);
    const views: Uint8Array[] = [];
    ram.host.borrow(64 * KiB, 4 * KiB, "write", views);
    const pin = discard.disable("sev");
    access.discard(ram, 64 * KiB, 4 * KiB);
    expect(views[0]?.every((byte) => byte === 0)).toBe(true);
    // Who holds the address still writes into the block.
    views[0]?.fill(3);
    expect(ram.host.readUint(64 * KiB, 1)).toBe(3);
    void pin.dispose();
    const held = ram.host.residentBytes();
    access.discard(ram, 0, 128 * KiB);
    expect(ram.host.residentBytes()).toBeLessThan(held);
    expect(ram.host.isKnownZero(0, 256 * KiB)).toBe(true);
  });
});
