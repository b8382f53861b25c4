import { describe, expect, test } from "vitest";
import {
  definePlugin,
  DensePageBitmap,
  DIRTY_MEMORY,
  HOST_MAPPING_NOTIFIERS,
  HOST_RESOURCES,
  KiB,
  MiB,
  RAM_BLOCK_NOTIFIERS,
  type HostAddress,
} from "backplane";
import { withMachine } from "backplane/kit";
import { describeRAMBlockNotifier, describeUntold } from "backplane/kit/conformance";
import { DomainMemory } from "../../../plugins/xen-mapcache/domain-memory.ts";
import { xenMapCacheHears } from "../../../plugins/xen-mapcache/hears.ts";
import type { MachineMapCache } from "../../../plugins/xen-mapcache/service.ts";
import { XEN_HOST, type XenHost } from "../../../plugins/xen-mapcache/contract.ts";
import { BUCKET, PAGE, Rig, withRig, xenMachine } from "./rig.ts";

const LOCK = { lock: true, size: 1 } as const;
/** 16 MiB of windows, 256 buckets. */
const SMALL = { "address-space-limit": "96M" };
const PEER = { replacement: "qemu-10.0" };

describe("a window", () => {
  test("is the guest's memory, both ways, and marks what is written through it", () =>
    withRig({}, (rig) => {
      const block = rig.plug("ram", MiB).ramBlock;
      const log = rig.machine.service(DIRTY_MEMORY).log("migration");
      const at = rig.mapped(5 * PAGE + 7);
      block?.host.writeUint(5 * PAGE + 7, 1, 9);
      expect(rig.read(at)).toBe(9);
      rig.write(at, 3);
      expect(block?.host.readUint(5 * PAGE + 7, 1)).toBe(3);
      const dirty = new DensePageBitmap(256);
      if (block !== undefined) rig.machine.service(DIRTY_MEMORY).sync("migration", block, dirty);
      expect([dirty.count, dirty.get(5)]).toEqual([1, true]);
      void log.dispose();
    }));

  test("is a bucket, used again for all of it", () =>
    withRig({}, (rig) => {
      rig.plug("ram", MiB);
      const base = rig.mapped(BUCKET);
      expect(rig.mapped(2 * BUCKET - 1)).toBe(base + BUCKET - 1);
      expect(rig.mapped(BUCKET + PAGE, { size: 2 * PAGE })).toBe(base + PAGE);
      expect(rig.windows()).toMatchObject([{ address: BUCKET, size: BUCKET, validPages: 16 }]);
    }));

  test("is as many buckets as are asked for; another size is another window", () =>
    withRig({}, (rig) => {
      rig.plug("ram", MiB);
      const [one, three] = [rig.mapped(0), rig.mapped(BUCKET - 1, { size: BUCKET + 2 })];
      expect(three - (BUCKET - 1)).not.toBe(one);
      expect(rig.windows().map(({ size }) => size)).toEqual([BUCKET, 3 * BUCKET]);
    }));

  test("spans blocks that lie behind each other", () =>
    withRig({}, (rig) => {
      const first = rig.plug("first", 4 * BUCKET).ramBlock;
      const second = rig.plug("second", 4 * BUCKET).ramBlock;
      const at = rig.mapped(4 * BUCKET - 1, { size: 2 });
      rig.write(at, 1);
      rig.write((at + 1) as HostAddress, 2);
      expect([first?.host.readUint(4 * BUCKET - 1, 1), second?.host.readUint(0, 1)]).toEqual([1, 2]);
    }));

  test("has no address where the guest has no page; what else is in the bucket can be reached", () =>
    withRig({}, (rig) => {
      rig.plug("ram", 4 * PAGE);
      expect(rig.map(4 * PAGE)).toBeUndefined();
      expect(rig.map(3 * PAGE, { size: PAGE + 1 })).toBeUndefined();
      const at = rig.mapped(3 * PAGE, { size: PAGE });
      expect(rig.windows()).toMatchObject([{ validPages: 4 }]);
      expect(() => rig.read((at + PAGE) as HostAddress)).toThrow("the guest has no page 0x4");
    }));
});

describe("a lock", () => {
  test("holds its window; with the last one it goes", () =>
    withRig({}, (rig) => {
      rig.plug("ram", MiB);
      const [one, other] = [rig.mapped(PAGE, LOCK), rig.mapped(2 * PAGE, { ...LOCK, dma: true })];
      expect(rig.windows()).toMatchObject([{ locks: 2, dma: 1 }]);
      expect(rig.cache.invalidateEntry(one)).toBe(true);
      expect(rig.cache.invalidateEntry(one)).toBe(false);
      rig.cache.invalidate();
      expect(rig.windows()).toMatchObject([{ locks: 1, dma: 1 }]);
      rig.cache.invalidateEntry(other);
      expect(rig.windows()).toEqual([]);
    }));

  test("is found by the address that its holder got, and no other", () =>
    withRig({}, (rig) => {
      rig.plug("ram", MiB);
      const at = rig.mapped(3 * PAGE + 5, LOCK);
      expect(rig.cache.ramAddressOf(at)).toBe(3 * PAGE + 5);
      expect(rig.cache.ramAddressOf((at + 1) as HostAddress)).toBeUndefined();
      rig.cache.invalidateEntry(at);
      expect(rig.cache.ramAddressOf(at)).toBeUndefined();
    }));

  test("on one address may be held many times", () =>
    withRig({}, (rig) => {
      rig.plug("ram", MiB);
      const at = rig.mapped(0, LOCK);
      rig.mapped(0, LOCK);
      rig.cache.invalidateEntry(at);
      expect(rig.cache.ramAddressOf(at)).toBe(0);
      rig.cache.invalidateEntry(at);
      expect(rig.windows()).toEqual([]);
    }));

  test("outlives the page, which the guest then no longer has", () =>
    withRig({}, (rig) => {
      const block = rig.plug("ram", MiB).ramBlock;
      block?.host.writeUint(0, 1, 7);
      const at = rig.mapped(0, LOCK);
      rig.qmp("x-xen-domain-balloon", { address: 0, size: PAGE, out: true });
      expect([rig.read(at), block?.host.readUint(0, 1)]).toEqual([7, 0]);
      rig.qmp("x-xen-domain-balloon", { address: 0, size: PAGE, out: false });
      rig.write(at, 8);
      expect([rig.read(at), block?.host.readUint(0, 1)]).toEqual([8, 0]);
      rig.cache.invalidateEntry(at);
      expect(rig.read(rig.mapped(0))).toBe(0);
    }));
});

describe("a guest that balloons", () => {
  test("has an invalidation take the window on what it gave back", () =>
    withRig({}, (rig) => {
      rig.plug("ram", MiB);
      rig.mapped(0);
      rig.qmp("x-xen-domain-balloon", { address: 0, size: PAGE, out: true });
      expect(rig.windows()).toEqual([]);
      expect(rig.map(0)).toBeUndefined();
      expect(rig.map(PAGE)).toBeDefined();
    }));

  test("without one is read and written in pages that are not its own: the race", () =>
    withRig({}, (rig) => {
      const block = rig.plug("ram", MiB).ramBlock;
      rig.mapped(0);
      for (const out of [true, false]) {
        rig.qmp("x-xen-domain-balloon", { address: 0, size: PAGE, out, invalidate: false });
      }
      rig.write(rig.mapped(0), 5);
      expect(block?.host.readUint(0, 1)).toBe(0);
      rig.cache.invalidate();
      rig.write(rig.mapped(0), 5);
      expect(block?.host.readUint(0, 1)).toBe(5);
    }));

  test("cannot give what it does not have", () =>
    withRig({}, (rig) => {
      rig.plug("ram", MiB);
      const give = () => rig.qmp("x-xen-domain-balloon", { address: 0, size: 2 * MiB, out: true });
      expect(give).toThrow("xc_domain_decrease_reservation_exact: Invalid argument");
      expect(rig.qmp("x-query-xen-mapcache")).toMatchObject({ populated: 256 });
    }));
});

describe("a window that shows other memory", () => {
  test("does so at its address, with its locks", () =>
    withRig({}, (rig) => {
      const block = rig.plug("ram", MiB).ramBlock;
      block?.host.writeUint(4 * BUCKET + PAGE, 1, 4);
      const at = rig.mapped(PAGE, LOCK);
      expect(rig.cache.replace(PAGE, 4 * BUCKET + PAGE, 1)).toBe(at);
      expect(rig.read(at)).toBe(4);
      expect(rig.cache.ramAddressOf(at)).toBe(4 * BUCKET + PAGE);
      expect(rig.cache.invalidateEntry(at)).toBe(true);
      expect(rig.windows()).toEqual([]);
    }));

  test("is announced again, after it was retracted", () =>
    withRig({}, (rig) => {
      rig.plug("ram", MiB);
      rig.mapped(0, LOCK);
      const [before] = rig.announced;
      rig.cache.replace(0, BUCKET, 1);
      expect(rig.announced).toEqual([before]);
      expect(rig.announced[0]).not.toBe(before);
    }));

  test("is none where there is no such window, and lacks what the guest lacks", () =>
    withRig({}, (rig) => {
      rig.plug("ram", 2 * BUCKET);
      expect(rig.cache.replace(0, BUCKET, 1)).toBeUndefined();
      rig.mapped(0);
      expect(rig.cache.replace(0, 64 * BUCKET, 1)).toBeUndefined();
      expect(rig.windows()).toMatchObject([{ address: 64 * BUCKET, validPages: 0 }]);
    }));
});

describe("room", () => {
  test("is made by the windows used longest ago that nobody holds", () =>
    withRig(SMALL, (rig) => {
      rig.plug("ram", 32 * MiB);
      const held = rig.mapped(0, { lock: true, size: 4 * MiB });
      for (const mebibyte of [4, 8, 12]) rig.mapped(mebibyte * MiB, { size: 4 * MiB });
      rig.mapped(4 * MiB, { size: 4 * MiB });
      rig.mapped(16 * MiB, { size: 4 * MiB });
      expect(rig.windows().map(({ address }) => address / MiB)).toEqual([0, 12, 4, 16]);
      expect(rig.cache.ramAddressOf(held)).toBe(0);
    }));

  test("is none when all is held, and nothing is lost by asking", () =>
    withRig(SMALL, (rig) => {
      rig.plug("ram", 32 * MiB);
      rig.mapped(0, { lock: true, size: 12 * MiB });
      rig.mapped(12 * MiB, { size: 4 * MiB });
      expect(() => rig.map(16 * MiB, { size: 8 * MiB })).toThrow(
        "mapcache: no room for 0x800000 bytes: 0xc00000 of 0x1000000 are held",
      );
      expect(rig.windows()).toHaveLength(2);
      expect(() => rig.map(0, { size: 17 * MiB })).toThrow("mapcache: no room for 0x1100000 bytes");
    }));

  test("with `replacement: qemu-10.0` is the first unheld window's of the same chain, without a limit but the host's", () =>
    withRig({ ...SMALL, ...PEER }, (rig) => {
      rig.plug("ram", 40 * MiB);
      // 256 buckets of 64 KiB: addresses 16 MiB apart share a chain.
      rig.mapped(0);
      rig.mapped(16 * MiB);
      expect(rig.windows()).toMatchObject([{ address: 16 * MiB }]);
      rig.mapped(16 * MiB, LOCK);
      rig.mapped(32 * MiB);
      expect(rig.windows()).toHaveLength(2);
      expect(() => rig.map(BUCKET, { size: 16 * MiB })).toThrow("xenforeignmemory_map2: Cannot allocate memory");
    }));

  test("comes from RLIMIT_AS, or is all that the peer takes", () =>
    withRig({ "long-bits": 64 }, ({ cache, log }) => {
      expect(cache.caches()).toMatchObject([
        { bucketSize: MiB, buckets: 32_768, maxSize: 32_768 * MiB },
        { bucketSize: PAGE, buckets: 8_388_608 },
        { bucketSize: PAGE, buckets: 8_388_608 },
      ]);
      expect(log.filter(({ level }) => level === "warn")).toEqual([]);
    }));

  test("is too little below 96 MiB", async () => {
    await expect(withRig({ "address-space-limit": "95M" }, () => undefined)).rejects.toThrow("no room for a map cache");
  });
});

describe("a grant", () => {
  const ref = (rig: Rig, number: number, readonly = false): number =>
    rig.qmp("x-xen-domain-grant", { ref: number, address: number * PAGE, readonly })["address"] as number;

  test("is reached through a window of a page, and cannot be taken back meanwhile", () =>
    withRig({}, (rig) => {
      const block = rig.plug("ram", MiB).ramBlock;
      const at = rig.mapped(ref(rig, 9) + 3, { grant: true, lock: true, size: 1 });
      rig.write(at, 6);
      expect(block?.host.readUint(9 * PAGE + 3, 1)).toBe(6);
      expect(rig.windows("grants-rw")).toMatchObject([{ address: 9 * PAGE, size: PAGE, locks: 1 }]);
      expect(() => rig.qmp("x-xen-domain-end-grant", { ref: 9 })).toThrow("end-grant: Device or resource busy");
      rig.cache.invalidateEntry(at);
      rig.qmp("x-xen-domain-end-grant", { ref: 9 });
      expect(() => rig.qmp("x-xen-domain-end-grant", { ref: 9 })).toThrow("end-grant: No such file or directory");
    }));

  test("for reading is mapped for reading only", () =>
    withRig({}, (rig) => {
      rig.plug("ram", MiB);
      const address = ref(rig, 10, true);
      const window = { grant: true, lock: true, size: 1 };
      expect(() => rig.map(address, window)).toThrow("xengnttab_map_domain_grant_refs: Invalid argument");
      const at = rig.mapped(address, { ...window, write: false });
      expect(rig.read(at)).toBe(0);
      expect(() => rig.write(at, 1)).toThrow("the window is read-only");
      expect(rig.windows("grants-ro")).toHaveLength(1);
      rig.cache.invalidateEntry(at);
    }));

  test("several make one window, all of them or none", () =>
    withRig({ "max-grants": 3 }, (rig) => {
      rig.plug("ram", MiB);
      for (const number of [20, 21, 22]) ref(rig, number);
      const window = { grant: true, lock: true };
      const at = rig.mapped(20 * PAGE, { ...window, size: 3 * PAGE });
      rig.cache.invalidateEntry(at);
      expect(() => rig.map(20 * PAGE, { ...window, size: 4 * PAGE })).toThrow("Invalid argument");
      expect(() => rig.map(22 * PAGE, { ...window, size: 2 * PAGE })).toThrow("Invalid argument");
      for (const number of [20, 21, 22]) rig.qmp("x-xen-domain-end-grant", { ref: number });
    }));

  test("needs a lock, and is spared by an invalidation", () =>
    withRig({}, (rig) => {
      rig.plug("ram", MiB);
      const address = ref(rig, 11);
      expect(() => rig.map(address, { grant: true })).toThrow("Tried to access a grant reference without mapping it.");
      const at = rig.mapped(address, { grant: true, lock: true, size: 1 });
      rig.cache.invalidate();
      expect(rig.cache.ramAddressOf(at)).toBe(address);
      rig.cache.invalidateEntry(at);
    }));

  test.each([7, 32_768])("number %i is none that a guest may give", (number) =>
    withRig({}, (rig) => expect(() => ref(rig, number)).toThrow("grant: Invalid argument")),
  );
});

describe("subscribers of host mappings", () => {
  test("know each window while it is there, and reach its bytes", () =>
    withRig({}, (rig) => {
      const block = rig.plug("ram", MiB).ramBlock;
      block?.host.writeUint(0, 1, 2);
      rig.mapped(0);
      const [mapping] = rig.announced;
      expect(mapping).toMatchObject({ kind: "host-mapping", owner: "xen-mapcache", length: BUCKET });
      if (mapping !== undefined) expect(rig.read(mapping.hostAddress)).toBe(2);
      rig.cache.invalidate();
      expect(rig.announced).toEqual([]);
    }));

  test("that refuse make the map fail, and nothing is left", () =>
    withRig({}, (rig) => {
      rig.plug("ram", MiB);
      rig.refusal = new Error("the container is full");
      expect(() => rig.map(0, LOCK)).toThrow("the container is full");
      expect([rig.windows(), rig.machine.service(HOST_MAPPING_NOTIFIERS).mappings()]).toEqual([[], []]);
      expect(rig.machine.service(HOST_RESOURCES).all()[0]?.outstanding()).toBe(0);
      rig.refusal = undefined;
      expect(rig.map(0, LOCK)).toBeDefined();
    }));

  test("of RAM blocks hear nothing of it, and so migration does not", () =>
    withRig({}, (rig) => {
      rig.plug("ram", MiB);
      const kinds: string[] = [];
      rig.machine.service(RAM_BLOCK_NOTIFIERS).observe(({ kind }) => kinds.push(kind));
      rig.cache.invalidateEntry(rig.mapped(0, LOCK));
      rig.mapped(0);
      rig.cache.invalidate();
      expect(kinds).toEqual([]);
    }));

  test("with `announcements: qemu-10.0` keep windows that an invalidation took, and cannot be told of the next one", () =>
    withRig({ announcements: "qemu-10.0" }, (rig) => {
      rig.plug("ram", MiB);
      const first = rig.mapped(0);
      rig.cache.invalidate();
      expect(rig.windows()).toEqual([]);
      expect(rig.announced).toMatchObject([{ hostAddress: first }]);
      expect(rig.mapped(0)).toBe(first);
      expect(rig.announced).toMatchObject([{ hostAddress: first }, { hostAddress: first }]);
    }));
});

describe("a block", () => {
  test("gives the domain pages, for as much as it may become", () =>
    withRig({}, (rig) => {
      rig.plug("ram", MiB);
      expect(rig.qmp("x-query-xen-mapcache")).toMatchObject({ populated: 256 });
    }));

  test("is refused when the domain has as many as it may", () =>
    withRig({ "max-pages": 100 }, (rig) => {
      rig.plug("small", 100 * PAGE);
      expect(() => rig.plug("more", PAGE)).toThrow("xen: failed to populate ram at 80000");
    }));

  test("that goes takes windows along that nobody holds", () =>
    withRig({}, (rig) => {
      const region = rig.plug("ram", MiB);
      rig.mapped(0);
      const held = rig.mapped(BUCKET, LOCK);
      rig.unplug(region);
      expect(rig.windows()).toMatchObject([{ address: BUCKET, locks: 1 }]);
      expect(rig.announced).toHaveLength(1);
      expect(rig.read(held)).toBe(0);
      rig.write(held, 1);
      expect(rig.read(held)).toBe(1);
    }));
});

test("another host may stand behind it: a plugin that provides XEN_HOST", async () => {
  const asked: string[] = [];
  const recording: XenHost = {
    gnttabOpen: () => void asked.push("open"),
    foreignMap: (domain, frames) => {
      asked.push(`map ${domain} ${frames[0]} ${frames.length}`);
      return { address: 0x1000_0000 as HostAddress, errors: frames.map((frame) => (frame < 4 ? undefined : "EINVAL")) };
    },
    foreignUnmap: (address, pages) => void asked.push(`unmap ${address} ${pages}`),
    anonymousMap: () => 0 as HostAddress,
    grantMap: () => 0 as HostAddress,
    grantUnmap: () => undefined,
    populatePhysmap: (domain, first, count) => void asked.push(`populate ${domain} ${first} ${count}`),
    decreaseReservation: () => undefined,
    close: () => void asked.push("close"),
  };
  const host = definePlugin({
    id: "a-real-xen",
    apiVersion: 1,
    summary: "stands for Xen",
    provides: [XEN_HOST],
    attach: (machine) => machine.provideValue(XEN_HOST, recording),
  });
  const { with: plugins = [], ...rest } = xenMachine({ domain: 5 });
  await withMachine({ ...rest, with: [...plugins, host] }, (machine, log) => {
    const rig = new Rig(machine, log);
    rig.plug("ram", BUCKET);
    expect([rig.map(PAGE), rig.map(4 * PAGE)]).toEqual([0x1000_1000, undefined]);
    expect(() => rig.qmp("x-xen-domain-grant", { ref: 8, address: 0 })).toThrow("the host has no guest side to ask");
  });
  // What lacked a page is mapped anew; the rest goes with its block.
  const mapped = ["map 5 0 16", "unmap 268435456 16"];
  expect(asked).toEqual(["open", "populate 5 0 16", ...mapped, ...mapped, "close"]);
});

const silent = { debug() {}, info() {}, warn() {}, error() {}, named: () => silent };
describeRAMBlockNotifier(
  "xen-mapcache",
  () =>
    new DomainMemory({
      host: { populatePhysmap: () => undefined } as unknown as XenHost,
      guest: undefined,
      domain: 1,
      cache: { forget: () => undefined } as unknown as MachineMapCache,
      runStates: { current: "prelaunch" },
      memorySize: 0,
      log: silent,
    }),
);

const breaks = (kind: "added" | "removed"): string => {
  const position = xenMapCacheHears[0]?.blocks[kind];
  return position !== undefined && "untold" in position ? position.untold : "";
};
describeUntold({
  subscriber: "xen-mapcache",
  kind: "added",
  breaks: breaks("added"),
  machine: () => xenMachine(),
  story(machine, log) {
    const rig = new Rig(machine, log);
    rig.plug("dimm", MiB);
    expect(rig.map(0)).toBeDefined();
  },
});
describeUntold({
  subscriber: "xen-mapcache",
  kind: "removed",
  breaks: breaks("removed"),
  machine: () => xenMachine(),
  story(machine, log) {
    const rig = new Rig(machine, log);
    const gone = rig.plug("dimm", MiB);
    rig.mapped(0);
    rig.unplug(gone);
    const next = rig.plug("dimm", MiB).ramBlock;
    rig.write(rig.mapped(0), 1);
    expect(next?.host.readUint(0, 1)).toBe(1);
  },
});

test("x- commands: map, read, write, look up, invalidate, refuse", () =>
  withMachine(xenMachine(), (machine, log) => {
    const rig = new Rig(machine, log);
    rig.plug("ram", 64 * KiB);
    const { "host-address": at = 0 } = rig.qmp("x-xen-mapcache-map", { address: 5, size: 2, lock: true });
    rig.qmp("x-xen-mapcache-write", { "host-address": at, bytes: "0aFF" });
    expect(rig.qmp("x-xen-mapcache-read", { "host-address": at, size: 2 })).toEqual({ bytes: "0aff" });
    expect(rig.qmp("x-xen-mapcache-lookup", { "host-address": at })).toEqual({ "ram-address": 5 });
    expect(rig.qmp("x-query-xen-mapcache")).toMatchObject({ caches: [{ entries: [{ locks: 1, dma: 1 }] }, {}, {}] });
    expect(rig.qmp("x-xen-mapcache-replace", { from: 5, to: 8, size: 2 })).toEqual({ "host-address": Number(at) + 3 });
    expect(rig.qmp("x-xen-mapcache-invalidate", { "host-address": at })).toEqual({ found: true });
    expect(rig.qmp("x-xen-mapcache-invalidate", { "host-address": at })).toEqual({ found: false });
    expect(rig.qmp("x-xen-mapcache-lookup", { "host-address": at })).toEqual({});
    expect(rig.qmp("x-xen-mapcache-map", { address: 1024 * KiB })).toEqual({});
    expect(rig.qmp("x-xen-mapcache-invalidate")).toEqual({ found: true });
    expect(() => rig.qmp("x-xen-mapcache-map", { address: 2 ** 60 })).toThrow("Parameter 'address' expects");
    expect(() => rig.qmp("x-xen-mapcache-map", { address: 0, size: 2 ** 40 })).toThrow("Parameter 'size' expects");
    expect(() => rig.qmp("x-xen-mapcache-write", { "host-address": at, bytes: "0" })).toThrow("pairs of hexadecimal");
    expect(() => rig.qmp("x-xen-mapcache-read", { "host-address": at, size: 1 })).toThrow(
      "nothing lies at host address",
    );
    expect(() => rig.qmp("x-xen-domain-balloon", { address: 1, size: 0, out: true })).toThrow(
      "multiple of the page size",
    );
  }));
