// A guest that is coming over: memory that it does not have yet is stood in for, and then shown at the same address.
import { expect, test } from "vitest";
import { MiB, RUN_STATES } from "backplane";
import { BUCKET, withRig, type Rig } from "./rig.ts";

/** What a display does: it wants its memory before the guest's pages are where they will be. */
function comeOver(rig: Rig) {
  rig.plug("ram", MiB);
  rig.machine.service(RUN_STATES).set("inmigrate");
  const video = rig.plug("video", MiB).ramBlock;
  const from = video?.offset ?? 0;
  const at = rig.mapped(from, { lock: true, size: BUCKET });
  rig.write(at, 5);
  return { at, from };
}

test("a block that comes meanwhile gets no pages", () =>
  withRig({}, (rig) => {
    comeOver(rig);
    expect(rig.log.map(({ message }) => message)).toContain(
      "xen_ram_alloc: do not alloc 100000 bytes of ram at 100000 when runstate is INMIGRATE",
    );
    expect(rig.qmp("x-query-xen-mapcache")).toMatchObject({ populated: 256 });
  }));

test("nobody's memory stands in, unannounced; the guest's takes its place, announced", () =>
  withRig({}, (rig) => {
    const { at, from } = comeOver(rig);
    expect([rig.read(at), rig.announced]).toEqual([5, []]);
    expect(rig.windows()).toMatchObject([{ dummy: true, validPages: 16, announced: false }]);
    expect(rig.cache.replace(from, 0, BUCKET)).toBe(at);
    expect([rig.read(at), rig.announced.length]).toEqual([0, 1]);
    expect(rig.windows()).toMatchObject([{ dummy: false, address: 0, locks: 1, announced: true }]);
    rig.cache.invalidateEntry(at);
    expect(rig.announced).toEqual([]);
  }));

test("with `announcements: qemu-10.0` the dummy is announced, and what takes its place is not", () =>
  withRig({ announcements: "qemu-10.0" }, (rig) => {
    const { at, from } = comeOver(rig);
    const before = [...rig.announced];
    expect(before).toHaveLength(1);
    rig.cache.replace(from, 0, BUCKET);
    expect(rig.announced).toEqual(before);
    expect(rig.announced[0]).toBe(before[0]);
    rig.cache.invalidateEntry(at);
    expect(rig.announced).toEqual([]);
  }));

test("grants are not stood in for", () =>
  withRig({}, (rig) => {
    comeOver(rig);
    expect(() => rig.map(4096 * 20, { grant: true, lock: true, size: 1 })).toThrow("Invalid argument");
  }));
