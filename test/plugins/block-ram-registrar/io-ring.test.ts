import { expect, test } from "vitest";
import { AnonymousMemory, byteLength, GiB, HOST_ADDRESS_SPACE, KiB, type HostAddress } from "backplane";
import { withMachine } from "backplane/kit";
import { ModelIoRingHost } from "../../../plugins/block-ram-registrar/io-ring.ts";
import type { IoRing } from "backplane/plugins/block-ram-registrar/contract";

function withRing(limit: { buffers: number; bytes?: number }, use: (ring: IoRing, at: HostAddress) => void) {
  return withMachine({}, (machine) => {
    const space = machine.service(HOST_ADDRESS_SPACE);
    const placed = space.place(new AnonymousMemory(byteLength(2 * GiB)));
    const host = new ModelIoRingHost(limit, [], space);
    const ring = host.setup();
    use(ring, placed.address);
    void ring.dispose();
    void placed.dispose();
    expect(host.resources.map((resource) => resource.outstanding())).toEqual([0, 0, 0]);
  });
}

test("a ring has one table of a bounded size", () =>
  withRing({ buffers: 8 }, (ring) => {
    expect(() => ring.registerBuffers(0)).toThrow("Invalid argument");
    expect(() => ring.registerBuffers(9)).toThrow("Invalid argument");
    ring.registerBuffers(8);
    expect(() => ring.registerBuffers(8)).toThrow("Device or resource busy");
    ring.unregisterBuffers();
    expect(() => ring.unregisterBuffers()).toThrow("No such device or address");
    ring.registerBuffers(8);
  }));

test("slots take memory that is there, up to 1 GiB each", () =>
  withRing({ buffers: 2 }, (ring, at) => {
    expect(() => ring.updateBuffer(0, at, 4096)).toThrow("No such device or address");
    ring.registerBuffers(2);
    expect(() => ring.updateBuffer(2, at, 4096)).toThrow("Invalid argument");
    expect(() => ring.updateBuffer(0, at, GiB + 1)).toThrow("Bad address");
    expect(() => ring.updateBuffer(0, (at + 1.5 * GiB) as HostAddress, GiB)).toThrow("Bad address");
    expect(() => ring.updateBuffer(0, 4096 as HostAddress, 4096)).toThrow("Bad address");
    ring.updateBuffer(0, at, GiB);
    ring.updateBuffer(0, at, 4096);
    ring.updateBuffer(1, at, 4096);
  }));

test("what is registered is locked, each time, in whole pages", () =>
  withRing({ buffers: 4, bytes: 16 * KiB }, (ring, at) => {
    ring.registerBuffers(4);
    ring.updateBuffer(0, at, 8 * KiB);
    ring.updateBuffer(1, at, 4 * KiB + 1);
    expect(() => ring.updateBuffer(2, at, 1)).toThrow("Cannot allocate memory");
    ring.updateBuffer(0, at, 0);
    ring.updateBuffer(2, at, 1);
  }));
