import { describe, expect, test } from "vitest";
import {
  byteLength,
  COMMANDS,
  definePlugin,
  DensePageBitmap,
  DIRTY_MEMORY,
  guestAddress,
  HOST_RESOURCES,
  KiB,
  MEMORY_REGIONS,
  regionOffset,
  SYSTEM_MEMORY,
  type JsonObject,
} from "backplane";
import { describeRAMBlockNotifier, describeUntold } from "backplane/kit/conformance";
import { withMachine } from "backplane/kit";
import { NvmmHostMappings } from "../../../plugins/nvmm/host-mappings.ts";
import { NVMM_HOST, type NvmmHost, type NvmmMachine } from "../../../plugins/nvmm/contract.ts";
import { nvmmHears } from "../../../plugins/nvmm/hears.ts";
import { nvmmMachine, PAGE, Rig, withRig } from "./rig.ts";

const AT = 0x10_0000;
const LEAKING = { removal: "qemu-10.0" };
const client = { id: "test", onClose: () => ({ dispose: () => undefined }) };

const query = ({ machine }: Rig): JsonObject =>
  machine.service(COMMANDS).find("x-query-nvmm")?.run({}, client) as JsonObject;

describe("the guest's view", () => {
  test("is what devices see, both ways", () =>
    withRig({}, (rig) => {
      rig.plug("dimm", AT);
      rig.write(AT + 5, 1, 2, 3);
      expect(rig.guestRead(AT + 5, 3)).toEqual([1, 2, 3]);
      expect(rig.nvmm.guestWrite(AT, Uint8Array.of(9))).toBe(true);
      expect(rig.read(AT)).toEqual([9]);
      expect(rig.guestRead(AT - 1)).toBeUndefined();
      expect(rig.guestRead(AT + 64 * KiB - 1, 2)).toBeUndefined();
    }));

  test("has ROM without writing, and devices not at all", () =>
    withRig({}, ({ machine, nvmm: service }) => {
      const regions = machine.service(MEMORY_REGIONS);
      const { root } = machine.service(SYSTEM_MEMORY);
      root.addSubregion(guestAddress(0), regions.rom("rom", byteLength(PAGE)));
      const ops = { read: () => 1, write: () => undefined };
      root.addSubregion(guestAddress(PAGE), regions.io("device", byteLength(PAGE), ops));
      root.addSubregion(guestAddress(2 * PAGE), regions.romDevice("flash", byteLength(PAGE), ops));
      expect(service.guestMappings().map(({ region, writable }) => [region, writable])).toEqual([["rom", false]]);
    }));

  test("writes through a read-only alias of RAM, as in the peer", () =>
    withRig({}, ({ machine, nvmm: service }) => {
      const regions = machine.service(MEMORY_REGIONS);
      const ram = regions.ram("ram", byteLength(PAGE));
      const alias = regions.alias("pam", ram, regionOffset(0), byteLength(PAGE));
      alias.setReadonly(true);
      machine.service(SYSTEM_MEMORY).root.addSubregion(guestAddress(AT), alias);
      expect(service.guestMappings()).toMatchObject([{ region: "ram", writable: true }]);
    }));

  test("has whole pages only", () =>
    withRig({}, ({ machine, nvmm: service }) => {
      const regions = machine.service(MEMORY_REGIONS);
      const { root } = machine.service(SYSTEM_MEMORY);
      const ram = regions.ram("ram", byteLength(4 * PAGE));
      root.addSubregion(guestAddress(AT), ram);
      const ops = { read: () => 1, write: () => undefined };
      root.addSubregion(guestAddress(AT + 2 * PAGE + 8), regions.io("register", byteLength(4), ops), 1);
      expect(service.guestMappings().map(({ guestAddress: at, size }) => [at - AT, size])).toEqual([
        [0, 2 * PAGE],
        [3 * PAGE, PAGE],
      ]);
    }));

  test("lacks RAM that stands at half a page, which the host refuses", () =>
    withRig({}, (rig) => {
      rig.plug("crooked", AT + PAGE / 2, 4 * PAGE);
      expect(rig.nvmm.guestMappings()).toEqual([]);
      expect(rig.errors()).toEqual([expect.stringMatching(/^NVMM: Failed to map GPA range 'crooked' .* error=22$/)]);
    }));

  test("moves with the memory map in one step", () =>
    withRig({}, (rig) => {
      const region = rig.plug("dimm", AT);
      rig.write(AT, 1);
      region.setAddress(guestAddress(AT + PAGE));
      expect([rig.guestRead(AT), rig.guestRead(AT + PAGE)]).toEqual([undefined, [1]]);
      expect(rig.errors()).toEqual([]);
    }));
});

describe("a block that goes", () => {
  test("takes its registration along", () =>
    withRig({}, (rig) => {
      rig.unplug(rig.plug("dimm", AT));
      expect(rig.nvmm.hostMappings()).toEqual([]);
      expect(query(rig)).toMatchObject({ leaked: 0, "leaked-bytes": 0 });
    }));

  test("leaves it behind with `removal: qemu-10.0`, until the machine goes", () =>
    withMachine(nvmmMachine(LEAKING), (machine, log) => {
      const rig = new Rig(machine, log);
      rig.unplug(rig.plug("dimm", AT));
      rig.plug("another", AT, 32 * KiB);
      expect(rig.nvmm.hostMappings()).toMatchObject([
        { block: "dimm", size: 64 * KiB, leaked: true },
        { block: "another", size: 32 * KiB, leaked: false },
      ]);
      expect(query(rig)).toMatchObject({ leaked: 1, "leaked-bytes": 64 * KiB });
      const held = machine.service(HOST_RESOURCES).all();
      expect(held.find(({ name }) => name === "nvmm hostMappings")?.outstanding()).toBe(2);
    }));

  test("leaked, has the guest see stale memory where a later block of its size stands", () =>
    withRig(LEAKING, (rig) => {
      rig.unplug(rig.plug("dimm", AT));
      const again = rig.plug("dimm", AT);
      expect(again.ramBlock?.hostAddress).toBe(rig.nvmm.hostMappings()[0]?.hostAddress);
      rig.write(AT, 1);
      expect(rig.guestRead(AT)).toEqual([0]);
      rig.nvmm.guestWrite(AT + 1, Uint8Array.of(2));
      expect([rig.guestRead(AT + 1), rig.read(AT + 1)]).toEqual([[2], [0]]);
      expect(rig.errors()).toEqual([]);
    }));

  test("leaked, keeps a larger block from being registered, and from the guest", () =>
    withRig(LEAKING, (rig) => {
      rig.unplug(rig.plug("dimm", AT));
      const block = rig.plug("large", AT, 1024 * KiB).ramBlock;
      const hva = `0x${block?.hostAddress.toString(16) ?? ""}`;
      expect(rig.nvmm.hostMappings()).toMatchObject([{ hostAddress: block?.hostAddress, leaked: true }]);
      expect(rig.errors()).toEqual([
        `NVMM: Failed to map HVA, HostVA:${hva} Size:0x100000 bytes, error=17`,
        `NVMM: Failed to map GPA range 'large' PA:0x100000, Size:0x100000 bytes, HostVA:${hva}, error=22`,
      ]);
      expect(rig.guestRead(AT)).toBeUndefined();
    }));

  test("leaked 32 times, leaves no slot", () =>
    withRig(LEAKING, (rig) => {
      for (let turn = 0; turn < 32; turn++) rig.unplug(rig.plug("dimm", AT));
      rig.plug("last", AT);
      expect(rig.errors()[0]).toMatch(/^NVMM: Failed to map HVA, .*error=55$/);
      expect(query(rig)).toMatchObject({ leaked: 32 });
    }));

  test("never leaks by default, however often", () =>
    withRig({}, (rig) => {
      for (let turn = 0; turn < 100; turn++) rig.unplug(rig.plug("dimm", AT));
      rig.plug("last", AT);
      rig.write(AT, 1);
      expect([rig.guestRead(AT), rig.errors()]).toEqual([[1], []]);
    }));
});

describe("dirty pages", () => {
  /** The first 8 pages of a block that stands in two pieces, its second half first. */
  function dirtyPages(rig: Rig, write: (at: number) => void): number[] {
    const { machine } = rig;
    const regions = machine.service(MEMORY_REGIONS);
    const ram = regions.ram("vga.vram", byteLength(8 * PAGE));
    const half = regions.alias("window", ram, regionOffset(4 * PAGE), byteLength(2 * PAGE));
    machine.service(SYSTEM_MEMORY).root.addSubregion(guestAddress(AT), half);
    const dirty = machine.service(DIRTY_MEMORY);
    const log = dirty.log("vga");
    ram.setDirtyLog("vga", true);
    write(AT);
    dirty.synchronize();
    const pages = new DensePageBitmap(8);
    if (ram.ramBlock !== undefined) dirty.sync("vga", ram.ramBlock, pages);
    void log.dispose();
    return [0, 1, 2, 3, 4, 5, 6, 7].filter((page) => pages.get(page));
  }
  const guestWrites = (rig: Rig) => (at: number) => void rig.nvmm.guestWrite(at, Uint8Array.of(1));

  test("are all pages of a logged section: the host keeps no log", () =>
    withRig({}, (rig) => expect(dirtyPages(rig, guestWrites(rig))).toEqual([4, 5])));

  test("with `dirty: qemu-10.0` are counted from the region's start, and the guest's writes are lost", () =>
    withRig({ dirty: "qemu-10.0" }, (rig) => expect(dirtyPages(rig, guestWrites(rig))).toEqual([0, 1])));
});

test("commands read and write as the guest does", () =>
  withRig({}, async (rig) => {
    rig.plug("dimm", AT);
    rig.write(AT, 0xab, 0xcd);
    const read = rig.machine.service(COMMANDS).find("x-nvmm-guest-read");
    expect(await read?.run({ address: AT, size: 2 }, client)).toEqual({ mapped: true, bytes: "abcd" });
    expect(await read?.run({ address: 0, size: 2 }, client)).toEqual({ mapped: false });
    expect(() => read?.run({ address: 0, size: 4097 }, client)).toThrow("Parameter 'size' expects 1 to 4096");
    const write = rig.machine.service(COMMANDS).find("x-nvmm-guest-write");
    expect(await write?.run({ address: AT, bytes: "01" }, client)).toEqual({ mapped: true });
    expect(rig.read(AT, 2)).toEqual([1, 0xcd]);
    expect(() => write?.run({ address: 0, bytes: "xyz" }, client)).toThrow("pairs of hexadecimal digits");
  }));

const nobody: NvmmHost = {
  init: () => undefined,
  capability: () => ({ version: 2, stateSize: 1008, maxMachines: 1, maxVcpus: 1, maxRam: byteLength(0) }),
  machineCreate: () => 0 as NvmmMachine,
  machineDestroy: () => undefined,
  vcpuCreate: () => undefined,
  vcpuDestroy: () => undefined,
  hvaMap: () => undefined,
  hvaUnmap: () => undefined,
  gpaMap: () => undefined,
  gpaUnmap: () => undefined,
  close: () => undefined,
};
test("another host may stand behind it: a plugin that provides NVMM_HOST", async () => {
  const asked: string[] = [];
  const recording: NvmmHost = {
    ...nobody,
    hvaMap: (_, hva, size) => void asked.push(`hva ${hva} ${size}`),
    gpaMap: (_, hva, gpa, size, prot) => void asked.push(`gpa ${hva} ${gpa} ${size} ${prot}`),
    close: () => void asked.push("closed"),
  };
  const host = definePlugin({
    id: "a-real-nvmm",
    apiVersion: 1,
    summary: "stands for NetBSD",
    provides: [NVMM_HOST],
    attach: (machine) => machine.provideValue(NVMM_HOST, recording),
  });
  const { with: plugins = [], ...rest } = nvmmMachine();
  await withMachine({ ...rest, with: [...plugins, host] }, (machine, log) => {
    const rig = new Rig(machine, log);
    const hva = rig.plug("dimm", AT).ramBlock?.hostAddress ?? 0;
    expect(asked).toEqual([`hva ${hva} 65536`, `gpa ${hva} ${AT} 65536 7`]);
    expect(rig.guestRead(AT)).toBeUndefined();
    expect(machine.service(HOST_RESOURCES).all()).toEqual([]);
  });
  expect(asked.at(-1)).toBe("closed");
});

const silent = { debug() {}, info() {}, warn() {}, error() {}, named: () => silent };
describeRAMBlockNotifier("nvmm", ({ ram }) =>
  new NvmmHostMappings(nobody, 0 as NvmmMachine, ram, silent).notifier("unmap"),
);

const breaks = (kind: "added" | "removed"): string => {
  const position = nvmmHears[0]?.blocks[kind];
  return position !== undefined && "untold" in position ? position.untold : "";
};
describeUntold({
  subscriber: "nvmm",
  kind: "added",
  breaks: breaks("added"),
  machine: () => nvmmMachine(),
  story(machine, log) {
    const rig = new Rig(machine, log);
    rig.plug("dimm", AT);
    rig.write(AT, 1);
    expect(rig.guestRead(AT)).toEqual([1]);
  },
});
describeUntold({
  subscriber: "nvmm",
  kind: "removed",
  breaks: breaks("removed"),
  machine: () => nvmmMachine(),
  story(machine, log) {
    const rig = new Rig(machine, log);
    rig.unplug(rig.plug("dimm", AT));
    rig.plug("dimm", AT);
    rig.write(AT, 1);
    expect(rig.guestRead(AT)).toEqual([1]);
  },
});
